//! What changes from one built site to another, in the words of the plan.
//!
//! In: the files of both as they were built, by whichever partwork. Out: a [`compare::Difference`], told for
//! people, as Markdown for a pull request, or as JSON. Finished HTML is read here and nowhere else, since of a site
//! that was built earlier nothing else is left. Never writes, and asks nobody.

pub mod compare;
pub mod page;
pub mod shown;
pub mod tell;
