use super::*;

#[test]
fn a_chart_tells_its_figures() {
    let bar = |label: &str, value: f64| Bar { label: label.to_owned(), value, shown: format!("{value}") };
    let bars = [bar("<a>", 1.0), bar("b", -2.0)];
    let chart = Chart { id: "c", title: "T", axes: ["day", "sum"], bars: &bars };
    let drawn = chart.draw().into_string();
    assert!(drawn.contains("&lt;a&gt;: 1") && !drawn.contains("<a>"), "{drawn}");
    assert!(drawn.contains("aria-labelledby=\"c-title c-desc\""));
    assert!(drawn.contains("the highest is &lt;a&gt;: 1."));
    assert!(drawn.contains("x=\"55.00%\" width=\"40.00%\""), "the second of two: {drawn}");
    assert!(!drawn.contains("style="), "the policy of the page refuses it");
    let bars = [bar("a", 0.0)];
    let zero = Chart { id: "c", title: "T", axes: ["day", "sum"], bars: &bars };
    assert!(zero.draw().into_string().contains("y1=\"148\""), "the axis is below");
    let empty = Chart { id: "c", title: "T", axes: ["", ""], bars: &[] };
    assert!(empty.draw().into_string().contains("Nothing to show."));
}

#[test]
fn the_first_and_the_last_bar_have_a_label() {
    for bars in 1..400 {
        let labels = labels(bars);
        let always: Vec<_> = labels.iter().filter(|label| !label.needs_room).map(|label| label.index).collect();
        assert_eq!((always.first(), always.last()), (Some(&0), Some(&(bars - 1))), "{bars}");
        assert!(labels.len() <= 5 && always.len() <= 3, "{bars}");
        assert!(labels.windows(2).all(|pair| pair[0].index < pair[1].index), "{bars}");
    }
    assert!(labels(0).is_empty());
}
