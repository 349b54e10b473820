// Streamlit hands over a new address before what was rendered after it, so the request carries that address.
export default function ({ data, parentElement, setTriggerValue }) {
  if (data.unconfirmed) setTriggerValue("confirmed", true);
  parentElement.dataset.unconfirmed = data.unconfirmed;
}
