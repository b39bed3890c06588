//! What stands for a currency beside an amount: a sign such as `€`, an ISO 4217 code, or what a country writes instead.

/// ISO 4217, as it is written: in capitals.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD \
    CDF CHF CLF CLP CNH CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GGP GHS GIP GMD GNF \
    GTQ GYD HKD HNL HRK HTG HUF IDR ILS IMP INR IQD IRR ISK JEP JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP \
    LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP \
    PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP \
    TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL";

/// What countries write themselves, in small letters; a full stop may follow. `5k` and the like might be anything.
const WORDS: &str = "ar b/ br bs cfa db dh dhs din esc eur euro euros fbu fcfa fr frw ft gs ikr kd km kn kr ksh kz kč l le \
    lei leu ll mk mt nfk nkr nu q qr r rf rm rp rs s/ sfr sh skr sr sre tk tl tsh tt um ush vt zł дин ден лв р руб сом \
    сум тг тнг грн دج د.إ د.ا د.ب د.ت د.ج د.ع د.ك د.م ر.س ر.ع ر.ق ر.ي ل.د ل.ل ل.س ج.م 元 圆 圓 円 원";

/// Letters that tell whose dollar it is: `CA$`, `Bds$`, `$U`.
const LETTERS: usize = 4;

/// What a currency is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Sign,
    Word,
}

/// How this text stands for a currency; none where it does not.
pub(super) fn written(text: &str) -> Option<Written> {
    if let Some((before, after)) = text.split_once(is_sign) {
        let is_short = |text: &str| text.chars().all(char::is_alphabetic) && text.chars().count() <= LETTERS;
        let is_one = [before.trim(), after.trim()].iter().all(|text| is_short(text));
        return (is_one && (before.is_empty() || after.is_empty())).then_some(Written::Sign);
    }
    let text = text.strip_suffix('.').unwrap_or(text);
    let among = |list: &str, text: &str| list.split_ascii_whitespace().any(|known| known == text);
    (among(CODES, text) || among(WORDS, &text.to_lowercase())).then_some(Written::Word)
}

/// Unicode's currency signs.
pub(super) fn is_sign(c: char) -> bool {
    matches!(c,
        '$' | '¢'..='¥' | '֏' | '؋' | '৲' | '৳' | '৻' | '૱' | '௹' | '฿' | '៛' | 'ƒ'
        | '\u{20a0}'..='\u{20cf}' | '\u{a838}' | '\u{fdfc}' | '\u{fe69}' | '\u{ff04}' | '\u{ffe0}' | '\u{ffe1}' | '\u{ffe5}' | '\u{ffe6}')
}
