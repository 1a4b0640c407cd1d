//! Languages by their own names.
//!
//! In: a BCP 47 tag. Out: what those who read the language call it, and what Open Graph calls it. A list, since the
//! data of CLDR would be larger than the program.

/// The tag, the language's own name as it stands in a list, and its locale of Open Graph
/// (<https://ogp.me/#optional>), which wants a territory.
const NAMES: &[(&str, &str, &str)] = &[
    ("af", "Afrikaans", "af_ZA"),
    ("am", "አማርኛ", "am_ET"),
    ("ar", "العربية", "ar_AR"),
    ("az", "Azərbaycanca", "az_AZ"),
    ("be", "Беларуская", "be_BY"),
    ("bg", "Български", "bg_BG"),
    ("bn", "বাংলা", "bn_IN"),
    ("bs", "Bosanski", "bs_BA"),
    ("ca", "Català", "ca_ES"),
    ("cs", "Čeština", "cs_CZ"),
    ("cy", "Cymraeg", "cy_GB"),
    ("da", "Dansk", "da_DK"),
    ("de", "Deutsch", "de_DE"),
    ("el", "Ελληνικά", "el_GR"),
    ("en", "English", "en_US"),
    ("en-GB", "English (UK)", "en_GB"),
    ("en-US", "English (US)", "en_US"),
    ("eo", "Esperanto", "eo_EO"),
    ("es", "Español", "es_ES"),
    ("et", "Eesti", "et_EE"),
    ("eu", "Euskara", "eu_ES"),
    ("fa", "فارسی", "fa_IR"),
    ("fi", "Suomi", "fi_FI"),
    ("fil", "Filipino", "tl_PH"),
    ("fo", "Føroyskt", "fo_FO"),
    ("fr", "Français", "fr_FR"),
    ("fr-CA", "Français (Canada)", "fr_CA"),
    ("ga", "Gaeilge", "ga_IE"),
    ("gl", "Galego", "gl_ES"),
    ("gu", "ગુજરાતી", "gu_IN"),
    ("he", "עברית", "he_IL"),
    ("hi", "हिन्दी", "hi_IN"),
    ("hr", "Hrvatski", "hr_HR"),
    ("hu", "Magyar", "hu_HU"),
    ("hy", "Հայերեն", "hy_AM"),
    ("id", "Bahasa Indonesia", "id_ID"),
    ("is", "Íslenska", "is_IS"),
    ("it", "Italiano", "it_IT"),
    ("ja", "日本語", "ja_JP"),
    ("ka", "ქართული", "ka_GE"),
    ("kk", "Қазақша", "kk_KZ"),
    ("km", "ខ្មែរ", "km_KH"),
    ("kn", "ಕನ್ನಡ", "kn_IN"),
    ("ko", "한국어", "ko_KR"),
    ("lo", "ລາວ", "lo_LA"),
    ("lt", "Lietuvių", "lt_LT"),
    ("lv", "Latviešu", "lv_LV"),
    ("mk", "Македонски", "mk_MK"),
    ("ml", "മലയാളം", "ml_IN"),
    ("mn", "Монгол", "mn_MN"),
    ("mr", "मराठी", "mr_IN"),
    ("ms", "Bahasa Melayu", "ms_MY"),
    ("my", "မြန်မာ", "my_MM"),
    ("nb", "Norsk bokmål", "nb_NO"),
    ("ne", "नेपाली", "ne_NP"),
    ("nl", "Nederlands", "nl_NL"),
    ("nn", "Norsk nynorsk", "nn_NO"),
    ("no", "Norsk", "nb_NO"),
    ("pa", "ਪੰਜਾਬੀ", "pa_IN"),
    ("pl", "Polski", "pl_PL"),
    ("pt", "Português", "pt_PT"),
    ("pt-BR", "Português (Brasil)", "pt_BR"),
    ("pt-PT", "Português (Portugal)", "pt_PT"),
    ("ro", "Română", "ro_RO"),
    ("ru", "Русский", "ru_RU"),
    ("se", "Davvisámegiella", "se_NO"),
    ("si", "සිංහල", "si_LK"),
    ("sk", "Slovenčina", "sk_SK"),
    ("sl", "Slovenščina", "sl_SI"),
    ("sq", "Shqip", "sq_AL"),
    ("sr", "Српски", "sr_RS"),
    ("sv", "Svenska", "sv_SE"),
    ("sw", "Kiswahili", "sw_KE"),
    ("ta", "தமிழ்", "ta_IN"),
    ("te", "తెలుగు", "te_IN"),
    ("th", "ไทย", "th_TH"),
    ("tr", "Türkçe", "tr_TR"),
    ("uk", "Українська", "uk_UA"),
    ("ur", "اردو", "ur_PK"),
    ("uz", "Oʻzbekcha", "uz_UZ"),
    ("vi", "Tiếng Việt", "vi_VN"),
    ("zh", "中文", "zh_CN"),
    ("zh-Hans", "简体中文", "zh_CN"),
    ("zh-Hant", "繁體中文", "zh_TW"),
    ("zh-CN", "简体中文", "zh_CN"),
    ("zh-TW", "繁體中文", "zh_TW"),
];

/// The language's own name, by the longest beginning of the tag that has one.
pub fn own_name(tag: &str) -> Option<&'static str> {
    known(tag).map(|(_, name, _)| *name)
}

/// The locale of Open Graph; a language that isn't listed has its tag.
pub fn locale(tag: &str) -> String {
    let pieces: Vec<&str> = tag.split('-').collect();
    match (known(tag), pieces.as_slice()) {
        // A territory that is typed is the one that is meant.
        (_, [language, territory]) if territory.len() == 2 => {
            format!("{}_{}", language.to_lowercase(), territory.to_uppercase())
        }
        (Some((.., locale)), _) => (*locale).to_string(),
        (None, _) => tag.replace('-', "_"),
    }
}

fn known(tag: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let mut tag = tag;
    loop {
        if let Some(known) = NAMES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(tag)) {
            return Some(known);
        }
        tag = tag.rsplit_once('-')?.0;
    }
}

/// Whether a piece of a file's name may be meant as the tag of a language: `sv`, `pt-BR`, `zh-hans`.
pub fn is_tag(piece: &str) -> bool {
    let mut pieces = piece.split('-');
    let is_language =
        |first: &str| matches!(first.len(), 2 | 3) && first.bytes().all(|byte| byte.is_ascii_alphabetic());
    pieces.next().is_some_and(is_language)
        && pieces.all(|piece| (2..=8).contains(&piece.len()) && piece.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_called_what_their_readers_call_them() {
        for (tag, name, og) in [
            ("sv", Some("Svenska"), "sv_SE"),
            ("sv-FI", Some("Svenska"), "sv_FI"),
            ("pt-br", Some("Português (Brasil)"), "pt_BR"),
            ("zh-Hant-HK", Some("繁體中文"), "zh_TW"),
            ("tlh", None, "tlh"),
        ] {
            assert_eq!((own_name(tag), locale(tag).as_str()), (name, og), "{tag}");
        }
    }

    #[test]
    fn tags_are_told_from_words() {
        for tag in ["sv", "pt-BR", "zh-Hans", "fil"] {
            assert!(is_tag(tag), "{tag}");
        }
        for word in ["", "v1", "draft", "2", "s-v"] {
            assert!(!is_tag(word), "{word}");
        }
    }
}
