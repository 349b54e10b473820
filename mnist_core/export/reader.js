// From the pixels of a drawing to the probabilities of the ten digits: what mnist_core does, in JavaScript.
//
// Python is the reference: mnist_core/preprocessing and model.py have the same functions under the same names,
// with the reasons and the sources. Their float32 is kept where it can be seen: direction maps take a cube root,
// which brings out a difference in the seventh place. An image is { data, height, width }; ink is 0 to 255.

export const SIDE = 28;
export const CLASSES = 10;
const PIXELS = SIDE * SIDE;
const f32 = Math.fround;

/** Round to the nearest whole number, and halves to the even one, as Python and PyTorch do. */
function round(value) {
  const down = Math.floor(value);
  const rest = value - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}

const toBytes = (values) => new Uint8Array(new Uint8ClampedArray(values)); // rounds halves to even too

function largest(values) {
  let most = values[0];
  for (let at = 1; at < values.length; at += 1) if (values[at] > most) most = values[at];
  return most;
}

/** Give an image's pixels by row and column; beyond its edges there is no ink. */
function pixelsOf({ data, height, width }) {
  return (y, x) => (y < 0 || y >= height || x < 0 || x >= width ? 0 : data[y * width + x]);
}

/** Return the sums of an image's rows and columns. */
function sums({ data, height, width }) {
  const [rows, columns] = [new Float64Array(height), new Float64Array(width)];
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      rows[y] += data[at];
      columns[x] += data[at];
    }
  }
  return [rows, columns];
}

const longer = (image) => Math.max(image.height, image.width);
const square = (data) => ({ data, height: SIDE, width: SIDE });

/** Make a matrix, a Float64Array for each row, of a function of row and column. */
const matrix = (rows, columns, weight) =>
  Array.from({ length: rows }, (_, row) =>
    Float64Array.from({ length: columns }, (_, column) => weight(row, column)),
  );

/** Compute `down @ image @ across.T`, in float32 if the image is. */
const apply = ({ data, width }, down, across) => product(product(data, width, down), down.length, across);

/** Multiply a matrix that is mostly zeros with data, which has `columns` columns, and transpose the result. */
function product(data, columns, weights) {
  const [Numbers, near] = data instanceof Float32Array ? [Float32Array, f32] : [Float64Array, Number];
  const result = new Numbers(columns * weights.length);
  weights.forEach((row, index) => {
    const [first, end] = [row.findIndex(Boolean), row.findLastIndex(Boolean)];
    for (let column = 0; first >= 0 && column < columns; column += 1) {
      let sum = 0;
      for (let at = first; at <= end; at += 1) sum = near(sum + row[at] * data[at * columns + column]);
      result[column * weights.length + index] = sum;
    }
  });
  return result;
}

const total = (values) => values.reduce((sum, value) => sum + value, 0);

/** Sum the values times a function of their index. */
const weighed = (values, weight) => values.reduce((sum, value, at) => sum + value * weight(at), 0);

// --- drawing.py: from a drawing on a canvas to an image like MNIST's ---

const [FAINT, BOX, CENTRE_OF_MASS, THINNED_SIDE, USUAL, THICK, HALF] = [8, 20, 14, 80, 0.125, 0.19, 0.5];

/** Turn a canvas, width x height pixels of red, green, blue and alpha, into 784 bytes of ink; null if blank. */
export function imageFromCanvas(rgba, width, height) {
  return prepareDrawing(inkOf(rgba, width, height))?.centred.data ?? null;
}

/** Separate the ink of a canvas from its background, the median colour of the border. */
export function inkOf(rgba, width, height) {
  const [difference, plane] = [new Float32Array(width * height), new Float32Array(width * height)];
  const opacity = Float32Array.from({ length: 256 }, (_, alpha) => alpha / 255);
  for (const channel of [0, 1, 2, 3]) {
    for (let at = 0, from = 0; at < plane.length; at += 1, from += 4) {
      plane[at] = channel === 3 ? rgba[from + 3] : rgba[from + channel] * opacity[rgba[from + 3]];
    }
    const column = (x) => Array.from({ length: height }, (_, y) => plane[y * width + x]);
    const rows = [...plane.subarray(0, width), ...plane.subarray(-width)];
    const border = Float32Array.of(...rows, ...column(0), ...column(width - 1)).sort();
    const median = border[width + height - 1]; // the lower of the two in the middle
    for (let at = 0; at < plane.length; at += 1) {
      difference[at] = Math.max(difference[at], Math.abs(plane[at] - median));
    }
  }
  const scale = f32(f32(1 / Math.max(largest(difference), 1)) * 255);
  const data = difference.map((value) => (value > FAINT ? value * scale : 0));
  return { data: toBytes(data), height, width };
}

/** Turn ink into an MNIST-style image; return it, `centred`, and what it came from, `cropped`; null without ink. */
export function prepareDrawing(ink) {
  const cropped = crop(ink);
  if (cropped === null) return null;
  const fitted = resize(longer(cropped) > BOX ? crop(thinStrokes(cropped)) : cropped, BOX);
  const full = (1 / largest(fitted.data)) * 255; // a thin line keeps its full ink
  fitted.data = fitted.data.map((value) => value * full);
  return { cropped, centred: placeByMass(fitted) };
}

/** Return the drawing with thinner strokes where they are thick, else itself. */
function thinStrokes(cropped) {
  const box = turnedBox(cropped);
  let [width, shortened] = [(box.width * box.solidity) / longer(cropped), USUAL];
  if (!isBar(cropped, box)) {
    [width, shortened] = [total(cropped.data) / 255 / strokeLength(cropped) / longer(cropped) ** 2, 0];
  }
  if (width < THICK) return cropped;
  const steps = round((THINNED_SIDE * (width - USUAL)) / 2 / (1 - shortened));
  const data = Float64Array.from(cropped.data, (value) => value / 255);
  let ink = resize({ ...cropped, data }, THINNED_SIDE);
  for (let step = 0; step < steps; step += 1) {
    const thinner = eroded(ink, step % 2 === 1);
    if (largest(thinner.data) < HALF) break;
    ink = thinner;
  }
  return { ...ink, data: toBytes(ink.data.map((value) => value * 255)) };
}

/** Take the minimum over 3 x 3 pixels or over a cross. */
function eroded(image, wide) {
  const [ink, data] = [pixelsOf(image), new Float64Array(image.data.length)];
  const three = (y, x) => Math.min(ink(y, x - 1), ink(y, x), ink(y, x + 1));
  const near = wide ? three : ink;
  for (let y = 0, at = 0; y < image.height; y += 1) {
    for (let x = 0; x < image.width; x += 1, at += 1) {
      data[at] = Math.min(near(y - 1, x), three(y, x), near(y + 1, x));
    }
  }
  return { ...image, data };
}

/** Place fitted ink in 28 x 28 pixels, its centre of mass at a pixel index; linear between pixels. */
export function placeByMass(fitted, centre = CENTRE_OF_MASS) {
  const [down, across] = sums(fitted).map((line) => {
    const own = weighed(line, (at) => at) / total(line);
    const offset = Math.min(Math.max(centre - own, 0), SIDE - line.length);
    return matrix(SIDE, line.length, (to, from) => Math.max(1 - Math.abs(to - (from + offset)), 0));
  });
  return square(toBytes(apply(fitted, down, across)));
}

function crop(image) {
  const [rows, columns] = sums(image);
  const [top, bottom] = [rows.findIndex(Boolean), rows.findLastIndex(Boolean) + 1];
  const [left, right] = [columns.findIndex(Boolean), columns.findLastIndex(Boolean) + 1];
  if (top < 0) return null;
  const [height, width] = [bottom - top, right - left];
  const data = new Uint8Array(height * width);
  for (let y = 0; y < height; y += 1) {
    const start = (top + y) * image.width + left;
    data.set(image.data.subarray(start, start + width), y * width);
  }
  return { data, height, width };
}

/** Resize an image until its longer side is `side`: each pixel is a mean of those below it, in a triangle. */
function resize(image, side) {
  const scale = side / longer(image);
  const [height, width] = [image.height, image.width].map((own) => Math.max(1, round(own * scale)));
  return { data: apply(image, triangle(height, image.height), triangle(width, image.width)), height, width };
}

function triangle(to, from) {
  const scale = from / to;
  const weight = (index, at) => 1 - Math.abs(at + 0.5 - scale * (index + 0.5)) / Math.max(scale, 1);
  const rows = matrix(to, from, (index, at) => Math.max(weight(index, at), 0));
  const sums = rows.map(total);
  return rows.map((row, index) => row.map((own) => own / sums[index]));
}

// --- shape.py: the box around ink, and the length of its strokes ---

const [MIN_ELONGATION, MIN_SOLIDITY, MAX_OUTLINE] = [1.6, 0.5, 1.13];

/** Measure the turned box around the ink: its length, width, and the share of it that is ink. */
function turnedBox(cropped) {
  const [rows, columns] = sums(cropped);
  const full = total(rows);
  const [y, x] = [weighed(rows, (at) => at) / full, weighed(columns, (at) => at) / full];
  const varianceY = weighed(rows, (at) => (at - y) ** 2) / full + 1 / 12;
  const varianceX = weighed(columns, (at) => (at - x) ** 2) / full + 1 / 12;
  const product = (at) => (Math.floor(at / cropped.width) - y) * ((at % cropped.width) - x);
  const covariance = weighed(cropped.data, product) / full;
  const [mean, difference] = [(varianceX + varianceY) / 2, (varianceX - varianceY) / 2];
  const spread = Math.hypot(difference, covariance);
  const side = (part) => Math.sqrt(12 * Math.max(mean + part, 1 / 12));
  const [length, width] = [side(spread), side(-spread)];
  return { length, width, solidity: full / 255 / (length * width) };
}

/** Tell whether the ink is one straight stroke. */
function isBar(cropped, box) {
  if (box.length < MIN_ELONGATION * box.width || box.solidity < MIN_SOLIDITY) return false;
  const halfOutline = box.length - box.width + (Math.PI / 2) * box.width;
  return strokeLength(cropped) * longer(cropped) < MAX_OUTLINE * halfOutline;
}

/** Measure the length of all strokes, in longer sides of the drawing's box. */
function strokeLength(image) {
  const ink = pixelsOf(image);
  let edges = 0;
  for (let y = 0; y <= image.height; y += 1) {
    for (let x = 0; x <= image.width; x += 1) {
      const falling = ink(y, x) - ink(y - 1, x - 1);
      const rising = ink(y, x - 1) - ink(y - 1, x);
      if (falling || rising) edges += Math.sqrt(falling * falling + rising * rising);
    }
  }
  return edges / 255 / Math.SQRT2 / 2 / longer(image);
}

// --- normalization.py: the same position, slant and size for every digit ---

const CENTRE = (SIDE - 1) / 2;
const [SIZE, WINDOW, MIN_DEVIATION, SIDE_SIZE, MIN_SIDE, NEAR] = [6.5, 2, 0.5, 5.5, 1.5, 0.1];
const INDEX = Float32Array.from({ length: SIDE }, (_, index) => index);
const FROM_CENTRE = INDEX.map((index) => index - CENTRE);

export function deskew(ink) {
  return resample(ink, measure(ink), FROM_CENTRE, FROM_CENTRE);
}

export function normalizeMoments(ink) {
  const moments = measure(windowed(ink, measure(ink)));
  const longerSide = Math.max(moments.width, moments.height);
  const [across, down] = [moments.width, moments.height].map((side) => {
    const scale = f32(f32(Math.sqrt(f32(side * longerSide))) / SIZE);
    return FROM_CENTRE.map((distance) => distance * scale);
  });
  return resample(ink, moments, across, down);
}

export function normalizeSides(ink) {
  const weighted = windowed(ink, measure(ink));
  const moments = measure(weighted);
  const [left, right, upper, lower] = measureSides(weighted, moments);
  const to = FROM_CENTRE.map((distance) => distance / SIDE_SIZE);
  const across = to.map((distance) => distance * (distance < 0 ? left : right));
  const down = to.map((distance) => distance * (distance < 0 ? upper : lower));
  return resample(ink, moments, across, down);
}

/** Measure position, slant and size of the ink, (784,), in pixels. */
function measure(ink) {
  const [rows, columns] = sums(square(ink));
  const mass = Math.max(f32(total(rows)), 1);
  const [x, y] = [columns, rows].map((line) => f32(f32(weighed(line, (at) => at)) / mass));
  const [dx, dy] = [INDEX.map((at) => at - x), INDEX.map((at) => at - y)];
  const varianceX = f32(weighed(columns, (at) => dx[at] ** 2) / mass);
  const varianceY = Math.max(f32(weighed(rows, (at) => dy[at] ** 2) / mass), MIN_DEVIATION ** 2);
  const covariance = f32(weighed(ink, (at) => dx[at % SIDE] * dy[Math.floor(at / SIDE)]) / mass);
  const shear = f32(covariance / varianceY);
  const width = f32(Math.sqrt(Math.max(f32(varianceX - f32(shear * covariance)), MIN_DEVIATION ** 2)));
  return { x, y, shear, width, height: f32(Math.sqrt(varianceY)) };
}

/** Weigh ink by a Gaussian with its position and slant, and `WINDOW` times its size. */
function windowed(ink, { x, y, shear, width, height }) {
  return ink.map((value, at) => {
    const dy = f32(Math.floor(at / SIDE) - y);
    const upright = f32(f32((at % SIDE) - x) - f32(shear * dy));
    const distance = f32(f32(upright / width) ** 2 + f32(dy / height) ** 2);
    return value * f32(Math.exp(f32(distance / (-2 * WINDOW ** 2))));
  });
}

function measureSides(ink, { x, y, shear }) {
  const upright = (at) => f32(f32((at % SIDE) - x) - f32(shear * f32(Math.floor(at / SIDE) - y)));
  const below = (at) => f32(Math.floor(at / SIDE) - y);
  const size = (distance, sign) => {
    let [sum, mass] = [0, 0];
    ink.forEach((value, at) => {
      const outward = Math.max(sign * distance(at), 0);
      sum += value * outward * outward;
      mass += value * Math.min(outward / NEAR, 1);
    });
    return f32(Math.max(Math.sqrt(sum / Math.max(mass, 1)), MIN_SIDE));
  };
  return [size(upright, -1), size(upright, 1), size(below, -1), size(below, 1)];
}

/** Shear, scale and centre in one bilinear step, with the arithmetic of PyTorch's grid_sample. */
function resample(ink, moments, across, down) {
  const pixel = pixelsOf(square(ink));
  const result = new Float32Array(PIXELS);
  for (let at = 0; at < PIXELS; at += 1) {
    const [column, row] = [at % SIDE, Math.floor(at / SIDE)];
    const shift = f32(f32(moments.shear * down[row]) / CENTRE);
    const gridX = f32(f32(f32(f32(moments.x + across[column]) / CENTRE) - 1) + shift);
    const gridY = f32(f32(f32(moments.y + down[row]) / CENTRE) - 1);
    const [x, y] = [f32(f32(gridX + 1) * CENTRE), f32(f32(gridY + 1) * CENTRE)];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [east, south] = [f32(x - left), f32(y - top)];
    const [west, north] = [f32(1 - east), f32(1 - south)];
    let value = f32(pixel(top, left) * f32(west * north));
    value = f32(value + pixel(top, left + 1) * f32(east * north));
    value = f32(value + pixel(top + 1, left) * f32(west * south));
    result[at] = value + pixel(top + 1, left + 1) * f32(east * south);
  }
  return result;
}

// --- direction_maps.py: the strength of edges in 16 directions at 7 x 7 places ---

const [PLACES, BLOCK, DIRECTIONS] = [7, 4, 16];
const [BLUR, POWER, VERY_FAINT, STRONG, SHARPENING] = [2, f32(1 / 3), 1e-4, 9.3, f32(-0.1)];
const STEP = (2 * Math.PI) / DIRECTIONS;
const [SINES, COSINES] = [Math.sin, Math.cos].map((of) =>
  Float32Array.from({ length: DIRECTIONS + 7 }, (_, d) => of(STEP * d)),
);
const SAMPLING = matrix(PLACES, SIDE, (place, index) => {
  const distance = index - BLOCK * (place - (PLACES - 1) / 2) - (SIDE - 1) / 2;
  const scale = f32(BLUR * Math.sqrt(2 * Math.PI * STRONG * Math.sin(STEP)));
  return f32(f32(Math.exp(-((distance / BLUR) ** 2) / 2)) / scale);
});
const filterMatrix = (taps) => matrix(SIDE, SIDE, (to, from) => taps[from - to + 1] ?? 0);
const [SLOPE, SMOOTH] = [filterMatrix([-0.5, 0, 0.5]), filterMatrix([0.25, 0.5, 0.25])];

/** Return 16 maps of 7 x 7 strengths as (784,) float32 from 0 to 255: 7 x 7 blocks of 4 x 4 directions. */
export function directionMaps(ink) {
  const [across, down] = [apply(square(ink), SMOOTH, SLOPE), apply(square(ink), SLOPE, SMOOTH)];
  const shares = Array.from({ length: DIRECTIONS }, () => new Float32Array(PIXELS));
  const crosses = new Float32Array(DIRECTIONS + 7);
  for (let at = 0; at < PIXELS; at += 1) {
    if (across[at] === 0 && down[at] === 0) continue;
    SINES.forEach((sine, d) => {
      crosses[d] = f32(sine * across[at]) - COSINES[d] * down[at];
    });
    shares.forEach((share, d) => {
      share[at] = Math.max(Math.min(crosses[d + 1], crosses[d + 7]), 0);
    });
  }
  const strengths = shares.map((share) => apply(square(share), SAMPLING, SAMPLING));
  const result = new Float32Array(PIXELS);
  for (let d = 0; d < DIRECTIONS; d += 1) {
    const [before, after] = [strengths[(d + 15) % DIRECTIONS], strengths[(d + 1) % DIRECTIONS]];
    strengths[d].forEach((own, place) => {
      const sharpened = f32(f32(own + SHARPENING * before[place]) + SHARPENING * after[place]);
      const row = BLOCK * Math.floor(place / PLACES) + Math.floor(d / BLOCK);
      const column = BLOCK * (place % PLACES) + (d % BLOCK);
      const level = Math.min(Math.max(sharpened, 0), 1);
      result[row * SIDE + column] = 255 * f32(Math.min(level * VERY_FAINT ** (1 / 3 - 1), level ** POWER));
    });
  }
  return result;
}

// --- preprocess.py and model.py ---

/** Preprocess an image, 784 bytes of ink, as the model's digits were: "raw", "deskew", "moments", "directions". */
export function preprocess(image, how) {
  if (how === "raw") return image;
  const ways = { deskew, moments: normalizeSides, directions: (ink) => directionMaps(normalizeMoments(ink)) };
  return toBytes(ways[how](Float32Array.from(image)));
}

/** Compute what each of the 784 inputs adds to each logit: ten Float32Arrays of weight times ink. */
export function attributions({ weight }, preprocessed) {
  return Array.from({ length: CLASSES }, (_, digit) =>
    Float32Array.from(preprocessed, (value, at) => (weight[digit * PIXELS + at] * value) / 255),
  );
}

/** Compute the ten logits; a model is { preprocessing, weight: (10 x 784) numbers, bias: (10) numbers }. */
export function logits({ weight, bias }, preprocessed) {
  return Float64Array.from({ length: CLASSES }, (_, digit) => {
    let sum = 0;
    for (let at = 0; at < PIXELS; at += 1) sum += weight[digit * PIXELS + at] * preprocessed[at];
    return sum / 255 + bias[digit];
  });
}

export function softmax(scores) {
  const most = largest(scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = total(powers);
  return powers.map((power) => power / sum);
}

/** Return the ten probabilities that the model gives an image, 784 bytes of ink, not yet preprocessed. */
export function predictProba(model, image) {
  return softmax(logits(model, preprocess(image, model.preprocessing)));
}
