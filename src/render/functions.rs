//! The functions that templates can call.

use std::sync::Arc;

use tera::{Kwargs, State, Tera, TeraResult, Value};

use crate::diagnostic::did_you_mean;
use crate::project::assets::Assets;
use crate::project::phrases::{Label, Phrases};
use crate::settings::config::BaseUrl;
use crate::text::typeset::tie;

/// The functions that say the words of the theme and write numbers and lists as its language does.
pub fn register_words(tera: &mut Tera, phrases: &Arc<Phrases>) {
    let known_phrases = phrases.clone();
    tera.register_function("forms", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<Value> {
        let key: &str = kwargs.must_get("key")?;
        let forms = known_phrases.forms(key);
        let forms = forms.ok_or_else(|| tera::Error::message(format!("the theme counts no phrase `{key}`")))?;
        Ok(Value::from_serializable(&forms))
    });
    let known_phrases = phrases.clone();
    tera.register_function("say", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<String> {
        let key: &str = kwargs.must_get("key")?;
        let values = kwargs.iter().filter_map(|(name, value)| match name.as_str()? {
            "key" | "label" => None,
            name => Some((name, value.to_string())),
        });
        let label = kwargs.get::<&Value>("label")?.and_then(label);
        let label = label.as_ref().unwrap_or(&known_phrases.label);
        let said = known_phrases.phrase_in(label, key, &values.collect::<Vec<_>>());
        said.ok_or_else(|| {
            let near = did_you_mean(key, known_phrases.keys());
            let near = near.map(|near| format!("; {near}")).unwrap_or_default();
            tera::Error::message(format!("the theme has no phrase `{key}`{near}"))
        })
    });
    let known_phrases = phrases.clone();
    tera.register_function("number", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<String> {
        Ok(known_phrases.number(&kwargs.must_get::<&Value>("n")?.to_string()))
    });
    let known_phrases = phrases.clone();
    tera.register_function("digits", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<String> {
        let number = kwargs.must_get::<&Value>("n")?;
        // A part without a number has none.
        Ok(if number.is_none() { String::new() } else { known_phrases.digits(&number.to_string()) })
    });
    let known_phrases = phrases.clone();
    tera.register_function("list", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<String> {
        Ok(known_phrases.list(&kwargs.must_get::<Vec<String>>("of")?))
    });
}

/// The functions that templates can call.
pub fn register(
    tera: &mut Tera,
    assets: &Arc<Assets>,
    base: &BaseUrl,
    statics: &Arc<[String]>,
    phrases: &Arc<Phrases>,
) {
    register_words(tera, phrases);
    tera.register_function("tie", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<String> {
        Ok(tie(kwargs.must_get("text")?))
    });
    let (known, base_url, others) = (assets.clone(), base.clone(), statics.clone());
    tera.register_function("asset", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<String> {
        let path: &str = kwargs.must_get("path")?;
        if let Some(asset) = known.by_path.get(path) {
            return Ok(base_url.rooted(&asset.address));
        }
        if others.iter().any(|other| other == path) {
            return Ok(base_url.rooted(path));
        }
        let near = did_you_mean(path, known.by_path.keys().chain(others.iter()).map(String::as_str));
        let near = near.map(|near| format!("; {near}")).unwrap_or_default();
        Err(tera::Error::message(format!("there is no file `{path}` in `static/`{near}")))
    });
    let known = assets.clone();
    tera.register_function("integrity", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<String> {
        let path: &str = kwargs.must_get("path")?;
        let integrity = known.by_path.get(path).and_then(|asset| asset.integrity.clone());
        integrity.ok_or_else(|| tera::Error::message(format!("there is no script or style `{path}` in the theme")))
    });
}

/// The words of a series for its parts, as templates see them.
fn label(value: &Value) -> Option<Label> {
    let word = |name: &str| Some(value.get_from_path(name)?.as_str()?.to_string());
    Some(Label { part: word("part")?, parts: word("parts")? })
}
