export default function ({ data, setStateValue }) {
  // The folder of the page, so that a neighbour under another baseUrlPath has a place of its own.
  const name = `${new URL(".", document.baseURI).pathname}${data.name}`;
  try {
    if (data.content === null) {
      setStateValue("content", localStorage.getItem(name) ?? "");
    } else if (data.content === "") {
      localStorage.removeItem(name);
    } else {
      localStorage.setItem(name, data.content);
    }
  } catch {
    // The browser keeps nothing, as some private windows: then it is known until the page is closed.
    if (data.content === null) setStateValue("content", false);
  }
}
