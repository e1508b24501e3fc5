/** Elements of HTML that have no end. */
const VOID = new Set(["meta", "img", "br", "!doctype"]);

/** Checks that tags nest, attributes are quoted, and no bare "<" or "&" is left: enough of XML's rules for what templates can get wrong. */
export function unbalanced(text: string): string[] {
  const faults: string[] = [];
  const open: string[] = [];
  const body = text.replace(/<style>[\s\S]*?<\/style>/g, "");
  const rest = body.replace(
    /<(\/?)([a-z!][\w!-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(\/?)>/gi,
    (_all, end, name, _attributes, selfClosed) => {
      const tag = String(name).toLowerCase();
      if (end) {
        const expected = open.pop();
        if (expected !== tag) faults.push(`</${tag}> closes <${expected ?? "nothing"}>`);
      } else if (!selfClosed && !VOID.has(tag)) open.push(tag);
      return "";
    },
  );
  const bare = /[<>]|&(?!amp;|lt;|gt;|quot;|#39;)/.exec(rest);
  if (bare) faults.push(`bare ${bare[0]} near "${rest.slice(Math.max(0, bare.index - 30), bare.index + 30)}"`);
  return [...faults, ...open.map((tag) => `<${tag}> never closed`)];
}
