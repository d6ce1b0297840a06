/** The configuration file: YAML or JSON text -> SchedulerConfiguration, every problem with line and column. */
import { readFileSync } from 'node:fs'
import type { Document } from 'yaml'
import { LineCounter, isMap, isPair, isScalar, parseDocument } from 'yaml'
import { UsageError } from '../../../runtime/index.ts'
import type { SchedulerConfiguration } from '../profile/configuration.ts'
import { readConfiguration } from '../profile/configuration.ts'
import type { ConfigPath, ConfigProblem } from '../profile/strict-reader.ts'

export function readConfigurationFile(path: string, knownPlugins: readonly string[]): SchedulerConfiguration {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--config: cannot read ${path}: ${(error as Error).message}`)
  }
  return readConfigurationText(text, path, knownPlugins)
}

export function readConfigurationText(text: string, fileName: string, knownPlugins: readonly string[]): SchedulerConfiguration {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${fileName}:${Math.max(1, line)}:${Math.max(1, col)}`
  }
  if (document.errors.length > 0) throw new UsageError(`--config: ${document.errors.map(error => `${at(error.pos[0])}: ${error.message}`).join('; ')}`)
  const { configuration, problems } = readConfiguration(document.toJS({ maxAliasCount: 100 }) as unknown, knownPlugins)
  if (problems.length > 0) throw new UsageError(`--config: ${problems.map(problem => `${at(offsetOf(document, problem))}: ${problem.text}`).join('; ')}`)
  return configuration
}

/** Where the nearest existing part of the path begins; the key itself where the key is what is wrong. */
function offsetOf(document: Document, { path, aboutKey }: ConfigProblem): number {
  for (let length = path.length; length >= 0; length--) {
    const part = path.slice(0, length)
    const key = keyOffset(document, part)
    if (aboutKey && key !== undefined) return key
    const node = part.length === 0 ? document.contents : document.getIn(part, true)
    const range = (node as { range?: readonly number[] | null } | null | undefined)?.range
    if (range !== undefined && range !== null) return range[0]!
    if (key !== undefined) return key
  }
  return 0
}

function keyOffset(document: Document, path: ConfigPath): number | undefined {
  if (path.length === 0) return undefined
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!isMap(parent)) return undefined
  const pair = parent.items.find(item => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1))
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined
}
