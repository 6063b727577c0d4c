"""The part of `lineage.html`'s script that tells of the release or of a chosen step.

Text from the release reaches the page as text alone: nothing here writes HTML.
"""

DETAILS = r"""
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
};
const panel = document.querySelector(".panel");
const LINES = 300;
const rows = (pairs) => make("table", {}, ...pairs.filter(([, text]) => text).map(([name, text]) =>
  make("tr", {}, make("th", {textContent: name}), make("td", {}, text))));
const link = (at) => make("a", {href: "#" + encodeURIComponent(steps[at].name), textContent: steps[at].name});
const digest = (text) => make("span", {className: "digest", textContent: "sha256:" + text});
const lines = (title, items, line) => {
  const table = make("table", {className: "files"});
  const more = make("button", {type: "button"});
  const grow = () => {
    const shown = table.rows.length;
    table.append(...items.slice(shown, shown + LINES).map(line));
    more.textContent = `${items.length - table.rows.length} more`;
    more.hidden = table.rows.length >= items.length;
  };
  more.onclick = grow;
  const details = make("details", {}, make("summary", {textContent: `${title}: ${items.length}`}), table, more);
  details.addEventListener("toggle", () => { if (!table.rows.length) grow(); });
  return details;
};
const fileLine = (file) => make("tr", {}, make("td", {}, file.name, make("br"), digest(file.digest.sha256)));
const pairs = (object) => Object.entries(object).map(([name, text]) => `${name}=${text}`).join(", ");
const quote = (text) => "'" + text.replaceAll("'", "'\\''") + "'";
const command = (text, file) => make("pre", {textContent: text.replaceAll("{file}", () => quote(file))});

const overview = () => {
  location.hash = "";
  light(-1);
  redraw();
  const sources = () => {
    const files = new Map();
    for (const step of steps) {
      for (const each of statementOf(step).predicate.buildDefinition.resolvedDependencies) {
        if (each.annotations?.file) files.set(each.annotations.file, each.digest);
      }
    }
    return [...files].sort(([one], [two]) => one < two ? -1 : 1).map(([name, digest]) => ({name, digest}));
  };
  const open = make("button", {type: "button", textContent: `List ${page.sources} files under version control`});
  open.onclick = () => {
    const found = lines("Sources", sources(), fileLine);
    found.open = true;
    open.replaceWith(found);
  };
  panel.replaceChildren(make("h2", {textContent: "This release"}),
    rows([["release", page.release], ["lineage", digest(page.root)], ["signed by", digest(page.fingerprint)],
      ["layout", "attestations/root.layout"], ["summary", page.summary], ["delivery", page.delivery]]),
    make("p", {className: "note", textContent: "Choose a step to see its statement and how to verify it. What it was " +
      "made from lights up in blue, what was made from it in amber."}),
    open, make("h3", {textContent: "How to verify all of it"}), ...verification(page.summary, "summary"));
};
const verification = (file, what) => [
  make("p", {className: "note", textContent: `The signature of the ${what}, with openssl alone; run in the release:`}),
  command(page.commands.signature, file),
  make("p", {className: "note", textContent: "What it says, in plain text:"}), command(page.commands.payload, file),
  make("p", {className: "note", textContent: "That all links and files are what the signer allowed (command 2 of " +
    "VERIFY.md, with your own copy of the key if you have one):"}), command(page.commands.lineage, file)];
const origins = (dependencies) => {
  const roles = new Map();
  for (const {annotations} of dependencies) {
    if (annotations?.role) {
      const origin = roles.get(annotations.role) || {step: annotations.step, file: annotations.file, files: 0};
      roles.set(annotations.role, {...origin, files: origin.files + 1});
    }
  }
  return [...roles].map(([role, {step, file, files}]) => make("li", {}, make("b", {textContent: role}), ": ",
    named.has(step) ? link(named.get(step)) : `version control, ${file}`, files > 1 ? `, ${files} files` : ""));
};
const details = (step) => {
  const statement = statementOf(step), {buildDefinition, runDetails} = statement.predicate;
  const parameters = buildDefinition.internalParameters, used = buildDefinition.resolvedDependencies;
  const code = used.filter((each) => each.annotations?.use === "code");
  const evidence = `attestations/${step.name}.provenance.sigstore.json`;
  const interpreter = used.find((each) => each.annotations?.use === "interpreter");
  panel.scrollTop = 0;
  panel.replaceChildren(make("h2", {textContent: step.address}),
    rows([["step", step.name], ["kind", step.kind], ["tool", parameters.tool],
      ["packages", make("span", {}, parameters.resolve + " ", digest(parameters.packages_sha256))],
      ["interpreter", interpreter ? make("span", {}, interpreter.name + " ", digest(interpreter.digest.sha256)) : ""],
      ["built by", runDetails.builder.id], ["properties", pairs(parameters.properties)],
      ["accelerator", pairs(parameters.accelerator)], ["reproducible", parameters.reproducibility],
      ["artifact", make("span", {}, "tree ", digest(step.artifact))]]),
    make("h3", {textContent: "Config"}),
    make("pre", {textContent: JSON.stringify(buildDefinition.externalParameters.config, null, 2)}),
    make("h3", {textContent: "Made from"}), make("ul", {}, ...origins(used)),
    step.to.length ? lines("Used by", step.to, (at) => make("tr", {}, make("td", {}, link(at)))) : null,
    lines("Files made", statement.subject, fileLine), lines("Files of code", code, fileLine),
    make("h3", {textContent: "Evidence"}), make("ul", {}, ...[evidence, `${page.links}${step.name}.${page.link}`,
      step.judged ? `attestations/${step.name}.test-result.sigstore.json` : null].filter(Boolean)
      .map((path) => make("li", {}, make("code", {textContent: path})))),
    make("h3", {textContent: "How to verify it"}), ...verification(evidence, "provenance"), said(statement));
};
const said = (statement) => {
  const text = make("pre"), whole = make("details", {}, make("summary", {textContent: "Statement, as signed"}), text);
  whole.addEventListener("toggle", () => { text.textContent ||= JSON.stringify(statement, null, 2); });
  return whole;
};
const choose = (at, scale) => {
  light(at);
  details(steps[at]);
  if (scale) show(at, scale); else redraw();
  if (decodeURIComponent(location.hash.slice(1)) !== steps[at].name) location.hash = encodeURIComponent(steps[at].name);
};
const follow = () => {
  let name = "";
  try { name = decodeURIComponent(location.hash.slice(1)); } catch { return; }
  if (named.has(name) && named.get(name) !== chosen) choose(named.get(name), READABLE * 1.6);
};
"""
