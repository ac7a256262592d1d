// A page that says what to put right starts there, for people who hear it as for those who see it.
export function faceErrors() {
  const summary = document.querySelector(".govuk-error-summary");
  if (summary) summary.focus();
}
