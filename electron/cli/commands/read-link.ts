/** How links are written on the command line. A colon, since `>` means something to every shell. */
import type { CaptureTarget } from '../../contract/captures.ts'
import type { LinkName } from '../../contract/links.ts'
import { UsageError } from '../output.ts'

export const linkHelp = '`node-1:node-2` what the first sends to the second, `node-1:*` what it sends, `*:node-1` what it gets, `*:*` everything; `r1.east` is where router r1 is on network east'

export function readLinks(text: string, bothWays: boolean): readonly LinkName[] {
  const [from, to, ...rest] = text.split(':')
  if (from === undefined || from === '' || to === undefined || to === '' || rest.length > 0) throw new UsageError(`"${text}" is not a link; write ${linkHelp}`)
  return bothWays && from !== to ? [{ from, to }, { from: to, to: from }] : [{ from, to }]
}

export function readTarget(text: string | undefined, bothWays: boolean): CaptureTarget {
  if (text === undefined || text === '*:*') return { type: 'lan' }
  if (!text.includes(':')) return { type: 'node', node: text }
  const link = readLinks(text, false)[0]!
  if (link.from === '*' || link.to === '*') throw new UsageError(`to capture what a node sends and gets write its name alone: ${link.from === '*' ? link.to : link.from}`)
  return { type: 'link', ...link, bothWays }
}
