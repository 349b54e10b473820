// Read images and boards with reader.js, for reader.py and the test of it: `node reader.mjs FOLDER`.
//
// FOLDER has models.json ({ how: { weight, bias } }), images.bin (N x 784 bytes of ink) and boards.bin
// (N x 280 x 280 grey bytes, a board's opaque pixels). For each input `how` it gets inputs-how.bin (N x 784
// bytes) and probabilities-how.bin (N x 10 float64), images before boards; and centred.bin, the boards as
// images. Prints the median of the milliseconds of processor time from a board to probabilities for each
// input, as JSON.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageFromCanvas, predictProba, preprocess } from "../mnist_core/export/reader.js";

const [SIDE, PIXELS] = [280, 784];
const folder = process.argv[2];
const models = JSON.parse(readFileSync(join(folder, "models.json")));
const boards = readFileSync(join(folder, "boards.bin"));
const images = [];
const given = readFileSync(join(folder, "images.bin"));
for (let at = 0; at < given.length; at += PIXELS) images.push(given.subarray(at, at + PIXELS));

function canvas(grey) {
  const rgba = new Uint8ClampedArray(4 * grey.length).fill(255);
  for (const channel of [0, 1, 2]) grey.forEach((value, at) => (rgba[4 * at + channel] = value));
  return rgba;
}

const median = (values) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)];

const centred = [];
for (let at = 0; at < boards.length; at += SIDE * SIDE) {
  centred.push(imageFromCanvas(canvas(boards.subarray(at, at + SIDE * SIDE)), SIDE, SIDE));
}
writeFileSync(join(folder, "centred.bin"), Buffer.concat(centred));
images.push(...centred);

const times = {};
for (const [how, own] of Object.entries(models)) {
  const model = { preprocessing: how, weight: Float32Array.from(own.weight), bias: Float32Array.from(own.bias) };
  const inputs = images.map((image) => preprocess(image, how));
  const probabilities = images.map((image) => predictProba(model, image));
  writeFileSync(join(folder, `inputs-${how}.bin`), Buffer.concat(inputs));
  writeFileSync(
    join(folder, `probabilities-${how}.bin`),
    Buffer.concat(probabilities.map((ten) => Buffer.from(ten.buffer))),
  );
  const taken = [];
  for (let at = 0; at < Math.min(boards.length, 200 * SIDE * SIDE); at += SIDE * SIDE) {
    const rgba = canvas(boards.subarray(at, at + SIDE * SIDE));
    const began = process.cpuUsage();
    predictProba(model, imageFromCanvas(rgba, SIDE, SIDE));
    const { user, system } = process.cpuUsage(began);
    taken.push((user + system) / 1000);
  }
  times[how] = median(taken);
}
console.log(JSON.stringify(times));
