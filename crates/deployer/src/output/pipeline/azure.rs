//! Log commands of Azure Pipelines.

use deployer_core::error::Place;

/// `##vso[task.logissue type=error;sourcepath=…;linenumber=…;columnnumber=…;code=…]text`
pub(super) fn issue(severity: &str, place: Option<&Place>, code: &str, text: &str) -> String {
    let mut properties = format!("type={severity};");
    if let Some(place) = place {
        properties.push_str(&format!("sourcepath={};", property(&place.file)));
        for (name, number) in [("linenumber", place.line), ("columnnumber", place.column)] {
            if number > 0 {
                properties.push_str(&format!("{name}={number};"));
            }
        }
    }
    if !code.is_empty() {
        properties.push_str(&format!("code={};", property(code)));
    }
    format!("##vso[task.logissue {properties}]{}", data(text))
}

fn data(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(']', "%5D").replace(';', "%3B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_and_every_line_are_written_as_the_agent_reads_them() {
        let place = Place::new("node/pipes/a;b].conf.json", 14, 23);
        assert_eq!(
            issue("error", Some(&place), "verification", "100 %: a;\r\n]b"),
            "##vso[task.logissue type=error;sourcepath=node/pipes/a%3Bb%5D.conf.json;linenumber=14;columnnumber=23;\
             code=verification;]100 %AZP25: a;%0D%0A]b"
        );
        assert_eq!(
            issue("warning", Some(&Place::file("a")), "", "b"),
            "##vso[task.logissue type=warning;sourcepath=a;]b"
        );
        assert_eq!(issue("error", None, "", "b"), "##vso[task.logissue type=error;]b");
    }
}
