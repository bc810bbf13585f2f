const REGION = /(<!-- generated: (.+?) -->\n)[\s\S]*?(\n<!-- end -->)/g

/**
 * Fills the generated parts of a Markdown text: whatever stands between `<!-- generated: what -->` and
 * `<!-- end -->` is replaced by what `make(what)` returns.
 */
export async function fillRegions(
  text: string,
  make: (what: string) => string | Promise<string>,
): Promise<string> {
  const made = new Map<string, string>()
  for (const [, , what = ''] of text.matchAll(REGION)) {
    made.set(what, (await make(what)).trim())
  }
  return text.replace(REGION, (_, begin: string, what: string, end: string) => {
    return `${begin}\n${made.get(what)}\n${end}`
  })
}
