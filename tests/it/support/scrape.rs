//! What `/metrics` says, read as Prometheus reads it.

use std::collections::BTreeMap;

use super::TestApp;

/// Each series with its labels in order, as `name{a="b"}`, and its value.
#[derive(Debug)]
pub(crate) struct Scrape(pub(crate) BTreeMap<String, f64>);

impl Scrape {
    pub(crate) async fn of(app: &TestApp) -> Self {
        Self::at(&app.client, &app.url).await
    }

    pub(crate) async fn at(client: &reqwest::Client, url: &str) -> Self {
        let answer = client.get(format!("{url}/metrics")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
        Self::read(&answer.text().await.unwrap())
    }

    pub(crate) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        Self(
            lines
                .map(|line| line.rsplit_once(' ').unwrap())
                .map(|(name, value)| (sorted(name), value.parse().unwrap()))
                .collect(),
        )
    }

    /// The value of a series; 0 where it was never counted.
    pub(crate) fn get(&self, series: &str) -> f64 {
        self.0.get(&sorted(series)).copied().unwrap_or(0.0)
    }

    /// All series of a name.
    pub(crate) fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = (&'s str, f64)> {
        let of_name = move |series: &str| series.split('{').next() == Some(name);
        self.0.iter().filter(move |(series, _)| of_name(series)).map(|(series, value)| (series.as_str(), *value))
    }

    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.all(name).map(|(_, value)| value).sum()
    }
}

fn sorted(series: &str) -> String {
    let Some((name, labels)) = series.trim_end_matches('}').split_once('{') else { return series.to_owned() };
    let mut labels: Vec<_> = labels.split(',').collect();
    labels.sort_unstable();
    format!("{name}{{{}}}", labels.join(","))
}
