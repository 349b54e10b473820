const TOLD = 2000; // milliseconds that "Copied" stays

async function copy(input) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(input.value);
    return;
  }
  // Over plain HTTP, as from a teacher's computer to a class, browsers have no clipboard but this one.
  input.select();
  document.execCommand("copy");
}

export default function ({ data, parentElement }) {
  const [input, button, announcement] = parentElement.querySelector(".link-field").children;
  input.value = data.link;
  input.setAttribute("aria-label", data.label);
  input.onfocus = () => input.select();
  button.setAttribute("aria-label", `Copy: ${data.label}`);
  button.onclick = async () => {
    await copy(input);
    button.textContent = announcement.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
      announcement.textContent = "";
    }, TOLD);
  };
}
