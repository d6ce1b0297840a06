/** What a repair or a revert does, as a Drill file says it. */
import { type DocumentReading, type Path, isMapping, quoted } from '../../documents/document-reading.ts'
import type { Act, PlainManifest, TimedAct } from '../drill.ts'

const acts = ['merge', 'apply', 'delete', 'restart', 'start', 'reset', 'run'] as const
type ActWord = (typeof acts)[number]

export function readTimedAct(value: unknown, path: Path, reading: DocumentReading): TimedAct {
  const { at, before, ...rest } = isMapping(value) ? value : {}
  if (at !== undefined && before !== undefined) reading.problem([...path, 'before'], 'is said beside "at"; a step is done before the faults or at a time after the first', true)
  return { ...readAct(isMapping(value) ? rest : value, path, reading), atMs: before === true ? null : reading.duration(at, [...path, 'at'], { leastMs: 0, mostMs: 3_600_000, usualMs: 0 }) }
}

export function readAct(value: unknown, path: Path, reading: DocumentReading): Act {
  const given = reading.map(value, path, acts)
  const words = acts.filter(act => given[act] !== undefined)
  if (words.length !== 1) reading.problem(path, `does one of ${acts.join(', ')}`)
  const word: ActWord = words[0] ?? 'delete'
  const what = given[word]
  const at = [...path, word]
  switch (word) {
    case 'merge': {
      const { path: target, body } = reading.map(what, at, ['path', 'body'])
      return { act: 'merge', path: readPath(target, [...at, 'path'], reading), body }
    }
    case 'apply':
      if (!isMapping(what) || !isMapping(what['metadata'])) reading.problem(at, `must be an object of Kubernetes, not ${quoted(what)}`)
      return { act: 'apply', object: what as PlainManifest }
    case 'delete': {
      const { path: target, body } = typeof what === 'string' || what === undefined ? { path: what, body: undefined } : reading.map(what, at, ['path', 'body'])
      return { act: 'delete', path: readPath(target, at, reading), body: body ?? null }
    }
    case 'restart':
      return { act: 'restart', component: reading.text(what, at) }
    case 'start':
    case 'reset':
      return { act: 'machine', node: reading.text(what, at), verb: word }
    case 'run': {
      const { on, argv } = reading.map(what, at, ['on', 'argv'])
      return { act: 'run', node: reading.text(on, [...at, 'on']), argv: reading.texts(argv, [...at, 'argv']) }
    }
  }
}

export function readPath(value: unknown, path: Path, reading: DocumentReading): string {
  const text = reading.text(value, path)
  if (text !== '' && !/^\/apis?\//.test(text)) reading.problem(path, `${quoted(text)} is not a path of the API server, such as /api/v1/namespaces/$namespace/pods`)
  return text
}
