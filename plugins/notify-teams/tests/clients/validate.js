// Reads a list of Adaptive Cards from standard input and prints, as JSON, what the official parser has against each.
// The one argument is the parser's file.
global.self = global.window = global; // The bundle is made for browsers.
const cards = require(process.argv[2]);

function complaints(value) {
  const card = new cards.AdaptiveCard();
  const context = new cards.SerializationContext(cards.Versions.v1_4);
  card.parse(value, context);
  const found = [];
  for (let at = 0; at < context.eventCount; at++) {
    found.push(context.getEventAt(at).message);
  }
  return found.concat(card.validateProperties().validationEvents.map((event) => event.message));
}

let text = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (part) => (text += part));
process.stdin.on("end", () => process.stdout.write(JSON.stringify(JSON.parse(text).map(complaints))));
