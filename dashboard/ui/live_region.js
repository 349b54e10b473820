const decoder = new TextDecoder();
const regions = new WeakMap(); // the element Streamlit gives us -> the sentence in it

export default function ({ data, parentElement }) {
  const text = decoder.decode(data);
  let region = regions.get(parentElement);
  if (!region) {
    region = document.createElement("p");
    region.className = "live-text";
    region.setAttribute("aria-live", "polite");
    parentElement.append(region);
    regions.set(parentElement, region);
  }
  if (region.textContent !== text) region.textContent = text;
}
