/** FFHQ: gender and wavy hair, one after the other, and on photographs. `npm run example:ffhq -- --released FOLDER`, or `-- --smoke`. */
import { join } from "node:path";
import { type ExampleSetting, paperExample, whenStarted } from "../paper-example.js";

/** The paper's attributes; its edits of photographs move rows 0 to 6 of a code, which end before 7. */
const [GENDER, HAIR] = ["Male", "Wavy_Hair"] as const;
const ROWS = "0:7";

export const ffhq = (args: readonly string[]) =>
  paperExample({ dataset: "ffhq", changes: { attributes: [GENDER, HAIR] }, after: pictures }, args);

/** The run's last method is the released flow: gender, then hair, of new codes and of photographs'. */
async function pictures({ released, out, command }: ExampleSetting): Promise<void> {
  const edit = (attribute: string, ...more: string[]) =>
    command("edit", "--out", join(out, "run"), "--attribute", attribute, ...more);
  const file = (name: string) => join(out, name);
  await edit(GENDER, "--file", file("gender.png"), "--save", file("gender.npy"));
  await edit(HAIR, "--codes", file("gender.npy"), "--file", file("gender-then-hair.png"));
  const photos = ["--codes", join(released, "inverses", "actors.pt"), "--rows", ROWS];
  for (const attribute of [GENDER, HAIR]) await edit(attribute, ...photos, "--file", file(`photos-${attribute}.png`));
}

await whenStarted(import.meta.url, ffhq);
