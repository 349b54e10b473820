const decoder = new TextDecoder();
const sentences = new WeakMap(); // the element Streamlit gives us -> its <p>

export default function ({ data, parentElement }) {
  let sentence = sentences.get(parentElement);
  if (!sentence) {
    sentence = document.createElement("p");
    sentence.className = "live-text";
    sentence.setAttribute("aria-live", "polite");
    parentElement.append(sentence);
    sentences.set(parentElement, sentence);
  }
  const text = decoder.decode(data);
  if (sentence.textContent !== text) sentence.textContent = text;
}
