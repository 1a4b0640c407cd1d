//! What a bucket holds, by its own account: `ListObjectsV2`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>).

use std::time::Duration;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

/// A page of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub objects: Vec<Object>,
    /// What to ask for the next page with.
    pub next: Option<String>,
}

/// An object of the bucket.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Object {
    pub key: String,
    pub size: u64,
    pub etag: String,
}

/// How much a listing has come to, for one that never ends.
#[derive(Debug, Default)]
pub struct Sums {
    pages: usize,
    objects: usize,
    /// Of the keys.
    bytes: usize,
}

impl Sums {
    /// Adds a page that has come after so long; says what is too much of a listing.
    pub fn add(&mut self, page: &Listing, passed: Duration) -> Result<(), String> {
        /// Far more than a site has, at a thousand a page where the store gives as many as it is asked for.
        const MOST_OBJECTS: usize = 1_000_000;
        const MOST_PAGES: usize = 20_000;
        const MOST_BYTES: usize = 256 << 20;
        const LONGEST: Duration = Duration::from_secs(30 * 60);
        self.pages += 1;
        self.objects += page.objects.len();
        self.bytes += page.objects.iter().map(|object| object.key.len() + object.etag.len()).sum::<usize>();
        if self.objects > MOST_OBJECTS {
            return Err(format!(
                "the store names more than {MOST_OBJECTS} objects; let the target be a prefix of its own"
            ));
        }
        if self.pages > MOST_PAGES || self.bytes > MOST_BYTES {
            return Err(format!("the store has not come to an end after {} pages", self.pages));
        }
        if passed > LONGEST {
            return Err(format!("the store has not come to an end after {} minutes", passed.as_secs() / 60));
        }
        Ok(())
    }
}

/// `None` for what is no listing, or not all of one: what it lacked would seem to be missing.
pub fn parse(xml: &str) -> Option<Listing> {
    let mut reader = Reader::from_str(xml);
    let mut listing = Listing::default();
    let (mut whole, mut more) = (false, None);
    let mut object = Object::default();
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                text.clear();
                if tag.name().as_ref() == "Contents" {
                    object = Object::default();
                }
            }
            Event::Text(piece) => text.push_str(&piece.xml10_content()),
            Event::GeneralRef(name) => match name.resolve_char_ref() {
                Ok(Some(c)) => text.push(c),
                _ => text.push_str(resolve_predefined_entity(&name).unwrap_or_default()),
            },
            Event::End(tag) => match tag.name().as_ref() {
                "Key" => object.key = std::mem::take(&mut text),
                "Size" => object.size = text.parse().unwrap_or_default(),
                "ETag" => object.etag = std::mem::take(&mut text),
                "IsTruncated" => more = Some(text == "true"),
                "NextContinuationToken" => {
                    listing.next = Some(std::mem::take(&mut text)).filter(|next| !next.is_empty())
                }
                "Contents" => listing.objects.push(std::mem::take(&mut object)),
                "ListBucketResult" => whole = true,
                _ => {}
            },
            Event::Eof => {
                // A store that doesn't say whether there is more says it by the token.
                listing.next = listing.next.filter(|_| more != Some(false));
                let lacks = more == Some(true) && listing.next.is_none();
                return (whole && !lacks).then_some(listing);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_comes_to_an_end() {
        let page = |objects: usize, key: &str| {
            let object = |_| Object { key: key.into(), ..Object::default() };
            Listing { objects: (0..objects).map(object).collect(), next: Some("x".into()) }
        };
        let ends = |page: &Listing, minutes: u64| {
            let (mut sums, passed) = (Sums::default(), Duration::from_secs(60 * minutes));
            (0..30_000).position(|_| sums.add(page, passed).is_err())
        };
        assert_eq!(ends(&page(1000, "a"), 0), Some(1000), "objects");
        assert_eq!(ends(&page(0, ""), 0), Some(20_000), "pages");
        assert_eq!(ends(&page(1, &"k".repeat(1 << 20)), 0), Some(256), "bytes");
        assert_eq!(ends(&page(0, ""), 31), Some(0), "time");
    }

    #[test]
    fn listings_are_read() {
        let xml = "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a &amp; b&#xe9;</Key>\
                   <ETag>&quot;0123&quot;</ETag><Size>7</Size><Owner><ID>x</ID></Owner></Contents>\
                   <NextContinuationToken>t/=</NextContinuationToken></ListBucketResult>";
        let object = Object { key: "a & bé".into(), size: 7, etag: "\"0123\"".into() };
        assert_eq!(parse(xml), Some(Listing { objects: vec![object], next: Some("t/=".into()) }));
        let page = |inside: &str| parse(&format!("<ListBucketResult>{inside}</ListBucketResult>"));
        for more in ["", "<NextContinuationToken/>", "<NextContinuationToken></NextContinuationToken>"] {
            assert_eq!(page(&format!("<IsTruncated>true</IsTruncated>{more}")), None, "{more}");
            assert_eq!(page(&format!("<IsTruncated>false</IsTruncated>{more}")), Some(Listing::default()), "{more}");
        }
        for other in ["", "<Error/>", "<html><body>Sign in</body></html>", &xml[..xml.len() - 20]] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
