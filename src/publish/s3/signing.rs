//! AWS Signature Version 4:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>.
//!
//! In: a request, and who asks. Out: what its header `authorization` says. Asks nobody.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::credentials::Credentials;

/// What is signed of a request.
#[derive(Debug)]
pub struct Unsigned<'a> {
    pub method: &'a str,
    /// The path, encoded.
    pub resource: &'a str,
    /// In order of name, encoded.
    pub query: &'a str,
    /// In order of name.
    pub headers: &'a [(&'a str, &'a str)],
    /// SHA-256 of the body in hexadecimal.
    pub hash: &'a str,
    /// As in `20130524T000000Z`.
    pub time: &'a str,
    pub region: &'a str,
}

impl Unsigned<'_> {
    /// The value of `authorization`.
    pub fn sign(&self, credentials: &Credentials) -> String {
        let Unsigned { method, resource, query, hash, time, region, .. } = self;
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let canonical = format!("{method}\n{resource}\n{query}\n{headers}\n{names}\n{hash}");
        let day = &time[..8];
        let scope = format!("{day}/{region}/s3/aws4_request");
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
        let mut key = format!("AWS4{}", credentials.secret).into_bytes();
        for word in [day, region, "s3", "aws4_request"] {
            key = hmac(&key, word.as_bytes());
        }
        let signature = hex(&hmac(&key, text.as_bytes()));
        let id = &credentials.id;
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope},SignedHeaders={names},Signature={signature}")
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the documentation of the signature, "GET Object".
    #[test]
    fn requests_are_signed() {
        let credentials = Credentials {
            id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            session: None,
        };
        let empty = hex(&Sha256::digest(b""));
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", empty.as_str()),
            ("x-amz-date", "20130524T000000Z"),
        ];
        let unsigned = Unsigned {
            method: "GET",
            resource: "/test.txt",
            query: "",
            headers: &headers,
            hash: &empty,
            time: "20130524T000000Z",
            region: "us-east-1",
        };
        let header = unsigned.sign(&credentials);
        let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        assert!(header.ends_with(&format!("Signature={signature}")), "{header}");
    }
}
