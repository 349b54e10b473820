// Reads what is on the board while the pen moves, with the newest weights; `reader` is mnist_core/export/reader.js.

const models = new WeakMap(); // the element Streamlit gives us -> the model that it brought last
const decoder = new TextDecoder();

// A model's file, as people can download it: the length of a header, the header in JSON, the numbers.
function modelOf(file) {
  const { buffer } = file.slice(); // its numbers then begin at a multiple of 8 bytes
  const start = 8 + new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(decoder.decode(buffer.slice(8, start)));
  const numbers = (name) => {
    const [first, end] = header[name].data_offsets;
    return new Float32Array(buffer.slice(start + first, start + end));
  };
  return {
    preprocessing: header.__metadata__.preprocessing,
    weight: numbers("linear.weight"),
    bias: numbers("linear.bias"),
  };
}

function read(model, { data, width, height }) {
  const drawn = reader.imageFromCanvas(data, width, height);
  if (!drawn) return null;
  const preprocessed = reader.preprocess(drawn, model.preprocessing);
  const probabilities = [...reader.softmax(reader.logits(model, preprocessed))];
  const order = [...probabilities.keys()].sort((one, other) => probabilities[other] - probabilities[one]);
  const [first, second] = order;
  const maps = reader.attributions(model, preprocessed);
  const knowsNothing = probabilities[first] === probabilities[order.at(-1)];
  return {
    large: knowsNothing ? "?" : String(first),
    probabilities,
    first,
    second,
    evidence: maps[first].map((value, at) => value - maps[second][at]),
    directions: model.preprocessing === "directions",
  };
}

function listen(parent) {
  const answer = ({ detail: { image, penDown } }) => {
    const model = models.get(parent);
    if (!model || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const reading = read(model, image);
    if (reading) document.dispatchEvent(new CustomEvent("reading", { detail: { ...reading, penDown } }));
  };
  document.addEventListener("drawing", answer);
  return () => document.removeEventListener("drawing", answer);
}

const ends = new WeakMap(); // the element -> what ends its listening

export default function ({ data, parentElement }) {
  models.set(parentElement, data?.length ? modelOf(data) : null);
  if (!ends.has(parentElement)) ends.set(parentElement, listen(parentElement));
  return () => {
    if (parentElement.isConnected) return;
    ends.get(parentElement)?.();
    ends.delete(parentElement);
  };
}
