import { type Markup, markup } from "../../drawing/markup.js";
import { fixed, words } from "../../drawing/numbers.js";
import { groupedBars } from "../../drawing/plots/bars.js";
import { spectrumPlot } from "../../drawing/plots/spectrum.js";
import { straightnessPlot } from "../../drawing/plots/straightness.js";
import { missing, type ReportContext, styleOf } from "../context.js";

/** How nonlinear the flows are, over all attributes: singular entropy, path straightness, eigenvalues. */
export function analysis(context: ReportContext): Markup {
  const flows = context.results.attributes.flatMap((attribute) =>
    attribute.methods
      .filter(({ kind }) => kind === "nonlinear")
      .flatMap(({ id, analysis }) =>
        analysis ? [{ attribute: words(attribute.name), style: styleOf(context, id), analysis }] : [],
      ),
  );
  const several = new Set(flows.map(({ style }) => style.id)).size > 1;
  const named = flows.map((flow) => ({ ...flow, name: several ? `${flow.attribute}, ${flow.style.label}` : flow.attribute }));
  const body =
    flows.length === 0
      ? missing("No flow was analysed: the step was not run, or no method is curved.")
      : markup`<div class="columns"><div>${entropy(named)}</div><div>${straightness(named)}</div></div>${spectra(named)}`;
  return markup`<section id="analysis"><h2>How curved are the flows?</h2>${body}</section>`;
}

type Named = {
  readonly name: string;
  readonly style: ReturnType<typeof styleOf>;
  readonly analysis: NonNullable<ReportContext["results"]["attributes"][number]["methods"][number]["analysis"]>;
};

function entropy(flows: readonly Named[]): Markup {
  const groups = flows.flatMap(({ name, style, analysis }) => {
    const bars = (analysis.singularEntropy ?? []).map(({ matrix, entropy, effectiveDimension }) => ({
      value: entropy,
      colour: style.colour,
      text: `${fixed(entropy)} · ${fixed(effectiveDimension, 0)} dim`,
      faint: matrix === "W + I",
    }));
    return bars.length > 0 ? [{ name, bars }] : [];
  });
  if (groups.length === 0) return missing("Singular entropy needs a flow of depth 1.");
  return markup`<h3>Singular entropy</h3><figure>${groupedBars("Singular entropy of each flow", groups, "S in nats")}<figcaption>Full: of W. Pale: of W + I, the other reading of the same residual layer. exp(S) is about
how many dimensions the flow bends in: more means less linear.</figcaption></figure>`;
}

function straightness(flows: readonly Named[]): Markup {
  const rows = flows.map(({ name, style, analysis }) => ({ name, colour: style.colour, ...analysis.straightness }));
  return markup`<h3>Path straightness</h3><figure>${straightnessPlot("Straightness of each flow's paths", rows)}<figcaption>Chord over arc of each start's path, one stroke a path, the bar their mean. Straight edits have 1.</figcaption></figure>`;
}

function spectra(flows: readonly Named[]): Markup | false {
  const tiles = flows.flatMap(({ name, style, analysis }) => {
    const { eigenSpectrum } = analysis;
    if (eigenSpectrum === null) return [];
    const text = `${eigenSpectrum.fastDimension} of ${eigenSpectrum.real.length} eigenvalues are fast`;
    return markup`<figure><figcaption>${name}</figcaption>${spectrumPlot(`Eigenvalues of W for ${name}: ${text}`, eigenSpectrum, style.colour)}<figcaption>${text}</figcaption></figure>`;
  });
  return (
    tiles.length > 0 &&
    markup`<h3>Eigenvalues of W</h3><p class="muted">In the eigenbasis each coordinate obeys du/dt = μu + c. Those outside the small dashed circle, with |μ| at least 0.1 of the largest, are fast: paths bend in their subspace.</p><div class="tiles">${tiles}</div>`
  );
}
