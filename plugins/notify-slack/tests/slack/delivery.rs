//! What reaches the channel.

use deployer_testkit::slack::Delivery;

use crate::common::{World, read_blocks, report};

#[tokio::test]
async fn the_link_comes_first_then_the_diff_as_a_file_in_the_same_channel() {
    for name in ["#deploys", "deploys"] {
        let world = World::new();
        world.notifier(name).deliver(&report()).await.unwrap();
        let deliveries = world.slack.deliveries();
        let [Delivery::Message(message), Delivery::File(file)] = &deliveries[..] else {
            panic!("a message and then a file: {deliveries:?}")
        };
        assert_eq!(message.channel, world.channel);
        assert!(message.text.starts_with("Release link: <https://ci.example/run/1>\n*Deployed to prod*"));
        assert_eq!(file.channel.as_ref(), Some(&world.channel));
        assert_eq!((file.name.as_str(), file.title.as_deref()), ("prod.diff", Some("Changes for prod")));
        assert_eq!(file.content, report().diff.as_bytes());
        assert_eq!(file.thread.as_ref(), Some(&message.stamp), "an answer to the message");
        assert!(!file.sent_token, "the place for the bytes needs no token");
        assert!(
            world.requests().iter().all(|request| request.starts_with("POST ")),
            "{:?}",
            world.requests()
        );
    }
}

#[tokio::test]
async fn a_channel_by_its_id_works_as_well() {
    let world = World::new();
    world.notifier(&world.channel).deliver(&report()).await.unwrap();
    assert_eq!(world.slack.files()[0].channel.as_ref(), Some(&world.channel));
}

#[tokio::test]
async fn without_a_diff_there_is_a_message_and_no_file() {
    let world = World::new();
    world.notifier("#deploys").deliver(&report().with_diff(String::new())).await.unwrap();
    assert_eq!(world.requests(), ["POST /slack/api/chat.postMessage"]);
}

#[tokio::test]
async fn a_test_is_one_short_message() {
    let world = World::new();
    world.notifier("#deploys").test().await.unwrap();
    assert_eq!(world.slack.messages()[0].text, "sesam-deployer can write to this channel.");
    assert_eq!(world.requests().len(), 1);
}

#[tokio::test]
async fn a_short_diff_is_part_of_the_message_and_a_long_one_a_file() {
    let world = World::new();
    let slack = world.notifier_with("");
    slack.deliver(&report()).await.unwrap();
    assert_eq!(world.requests(), ["POST /slack/api/chat.postMessage"]);
    let (text, code) = read_blocks(&world.slack.messages()[0].blocks);
    assert!(text.starts_with("Release link: <https://ci.example/run/1>\n*Deployed to prod*\n"), "{text}");
    assert_eq!(code, Some(report().diff));

    let long = report().with_diff("+ a line ø\n".repeat(300));
    slack.deliver(&long).await.unwrap();
    assert_eq!(read_blocks(&world.slack.messages()[1].blocks).1, None);
    assert_eq!(world.slack.files()[0].content, long.diff.as_bytes());
}

#[tokio::test]
async fn a_file_may_stand_beside_the_message() {
    let world = World::new();
    world.notifier_with("diff = \"file\"\nthread = false").deliver(&report()).await.unwrap();
    assert_eq!(world.slack.files()[0].thread, None);
}

#[tokio::test]
async fn the_diff_may_be_left_out() {
    let world = World::new();
    world.notifier_with("diff = \"none\"").deliver(&report()).await.unwrap();
    assert_eq!(world.requests().len(), 1);
    assert_eq!(read_blocks(&world.slack.messages()[0].blocks).1, None);
}
