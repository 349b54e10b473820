const decoder = new TextDecoder();
const regions = new WeakMap(); // the element Streamlit gives us -> what it shows

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export default function ({ data, parentElement }) {
  const { text, large } = JSON.parse(decoder.decode(data));
  let region = regions.get(parentElement);
  if (!region) {
    region = { sentence: document.createElement("p"), large: document.createElement("div") };
    region.sentence.className = "live-text";
    region.sentence.setAttribute("aria-live", "polite");
    region.large.className = "answer";
    const line = document.createElement("div");
    line.className = "live-line";
    if (large !== null) line.append(region.large);
    line.append(region.sentence);
    parentElement.append(line);
    regions.set(parentElement, region);
  }
  write(region.large, large ?? "");
  write(region.sentence, text);
}
