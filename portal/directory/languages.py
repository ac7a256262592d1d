"""Languages: their codes and their English names, as a resident of London would say them."""

from functools import cache

# ISO 639-1 codes, with three-letter ones (ISO 639-3) where there is no shorter one.
NAMES = {
    "aa": "Afar", "ab": "Abkhazian", "af": "Afrikaans", "ak": "Akan", "am": "Amharic", "ar": "Arabic",
    "as": "Assamese", "av": "Avaric", "ay": "Aymara", "az": "Azerbaijani", "ba": "Bashkir", "be": "Belarusian",
    "bfi": "British Sign Language", "bg": "Bulgarian", "bi": "Bislama", "bm": "Bambara", "bn": "Bengali",
    "bo": "Tibetan", "br": "Breton", "bs": "Bosnian", "ca": "Catalan", "ce": "Chechen", "ckb": "Kurdish (Sorani)",
    "co": "Corsican", "cr": "Cree", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "dv": "Divehi",
    "dz": "Dzongkha", "ee": "Ewe", "el": "Greek", "en": "English", "eo": "Esperanto", "es": "Spanish",
    "et": "Estonian", "eu": "Basque", "fa": "Farsi", "ff": "Fula", "fi": "Finnish", "fj": "Fijian", "fo": "Faroese",
    "fr": "French", "fy": "Frisian", "ga": "Irish", "gd": "Scottish Gaelic", "gl": "Galician", "gn": "Guarani",
    "gu": "Gujarati", "gv": "Manx", "ha": "Hausa", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "ht": "Haitian Creole", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "ig": "Igbo", "ii": "Yi",
    "is": "Icelandic", "it": "Italian", "iu": "Inuktitut", "ja": "Japanese", "jam": "Jamaican Patois",
    "jv": "Javanese", "ka": "Georgian", "kg": "Kongo", "ki": "Kikuyu", "kk": "Kazakh", "kl": "Greenlandic",
    "km": "Khmer", "kmr": "Kurdish (Kurmanji)", "kn": "Kannada", "ko": "Korean", "kri": "Krio", "ks": "Kashmiri",
    "ku": "Kurdish", "kw": "Cornish", "ky": "Kyrgyz", "lb": "Luxembourgish", "lg": "Luganda", "ln": "Lingala",
    "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian", "mg": "Malagasy", "mi": "Maori", "mk": "Macedonian",
    "ml": "Malayalam", "mn": "Mongolian", "mr": "Marathi", "ms": "Malay", "mt": "Maltese", "my": "Burmese",
    "nd": "Northern Ndebele", "ne": "Nepali", "nl": "Dutch", "no": "Norwegian", "nr": "Southern Ndebele",
    "ny": "Chichewa", "oc": "Occitan", "om": "Oromo", "or": "Odia", "os": "Ossetian", "pa": "Punjabi", "pl": "Polish",
    "ps": "Pashto", "pt": "Portuguese", "qu": "Quechua", "rm": "Romansh", "rn": "Rundi", "ro": "Romanian",
    "rom": "Romani", "ru": "Russian", "rw": "Kinyarwanda", "sa": "Sanskrit", "sd": "Sindhi", "sg": "Sango",
    "si": "Sinhala", "sk": "Slovak", "sl": "Slovenian", "sm": "Samoan", "sn": "Shona", "so": "Somali",
    "sq": "Albanian", "sr": "Serbian", "ss": "Swati", "st": "Sotho", "su": "Sundanese", "sv": "Swedish",
    "sw": "Swahili", "syl": "Sylheti", "ta": "Tamil", "te": "Telugu", "tg": "Tajik", "th": "Thai", "ti": "Tigrinya",
    "tk": "Turkmen", "tl": "Tagalog", "tn": "Tswana", "to": "Tongan", "tr": "Turkish", "ts": "Tsonga", "tt": "Tatar",
    "tw": "Twi", "ug": "Uyghur", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "ve": "Venda", "vi": "Vietnamese",
    "wo": "Wolof", "xh": "Xhosa", "yi": "Yiddish", "yo": "Yoruba", "yue": "Cantonese", "zh": "Chinese", "zu": "Zulu",
}  # fmt: skip
_ALSO = {
    "bangla": "bn", "bsl": "bfi", "castilian": "es", "dari": "fa", "filipino": "tl", "mandarin": "zh",
    "persian": "fa", "sign language": "bfi", "slovene": "sl", "panjabi": "pa", "pushto": "ps", "sinhalese": "si",
    "tagalog (filipino)": "tl",
}  # fmt: skip


@cache
def _codes() -> dict[str, str]:
    return {**_ALSO, **{name.lower(): code for code, name in NAMES.items()}}


def language_name(code: str) -> str:
    """Return the English name of a language, or the code itself in capitals when it is not known."""
    return NAMES.get(code, code.upper())


def code_of(text: str) -> str | None:
    """Return the ISO 639 code of a language written as a code ("en", "en-GB") or as its name; None if unknown."""
    plain = " ".join(text.lower().split())
    code = plain.replace("_", "-").partition("-")[0]
    if code in NAMES:
        return code
    return _codes().get(plain)
