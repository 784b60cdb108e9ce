import type { Page } from 'playwright-core'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

interface AxeResult {
  readonly violations: readonly { readonly id: string, readonly nodes: readonly { readonly html: string, readonly failureSummary?: string }[] }[]
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong with the page as it is now, each with the elements it is about. */
export async function violations(page: Page): Promise<string[]> {
  // Not a script of the page: it runs beside its policy.
  if (await page.evaluate(() => !('axe' in window)))
    await page.evaluate(axeSource)
  const result = await page.evaluate(() => (window as unknown as { axe: { run: (root: Document, options: object) => Promise<AxeResult> } }).axe.run(document, { resultTypes: ['violations'] }))
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => `${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`).join('\n')}`)
}
