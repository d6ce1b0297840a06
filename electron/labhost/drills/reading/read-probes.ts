/** What a Drill file looks at, and what must hold of it. */
import { type DocumentReading, type Path, isMapping, quoted } from '../../documents/document-reading.ts'
import type { Expectation, Look, Must, Probe } from '../drill.ts'
import { MetricSyntaxError, readMetricQuery } from '../probes/metric-query.ts'
import { readFieldPath } from '../probes/field-path.ts'
import { readPath } from './read-acts.ts'

const looks = ['http', 'object', 'metric', 'command'] as const
const expectations = ['is', 'atLeast', 'atMost', 'matches', 'count'] as const
const rules = ['holds', 'fails', 'recovers', 'holdsAfter'] as const
const within = { leastMs: 0, mostMs: 3_600_000, usualMs: 30_000 } as const

export function readProbe(value: unknown, path: Path, reading: DocumentReading): Probe {
  const given = reading.map(value, path, ['name', 'every', 'timeout', 'onlyAfter', 'expect', ...looks])
  const look = readLook(given, path, reading)
  return {
    name: reading.text(given['name'], [...path, 'name']),
    everyMs: reading.duration(given['every'], [...path, 'every'], { leastMs: 100, mostMs: 600_000, usualMs: 1_000 }),
    timeoutMs: reading.duration(given['timeout'], [...path, 'timeout'], { leastMs: 100, mostMs: 60_000, usualMs: 2_000 }),
    beforeToo: given['onlyAfter'] !== true,
    look,
    expect: given['expect'] === undefined && look.kind === 'http' ? { is: 200 } : readExpectation(given['expect'], [...path, 'expect'], reading),
  }
}

function readLook(given: Readonly<Record<string, unknown>>, path: Path, reading: DocumentReading): Look {
  const kinds = looks.filter(look => given[look] !== undefined)
  if (kinds.length !== 1) reading.problem(path, `looks at one of ${looks.join(', ')}`)
  const kind = kinds[0] ?? 'command'
  const at = [...path, kind]
  switch (kind) {
    case 'http': {
      const http = reading.map(given[kind], at, ['service', 'namespace', 'port', 'path', 'from'])
      return {
        kind,
        service: reading.text(http['service'], [...at, 'service']),
        namespace: reading.text(http['namespace'], [...at, 'namespace'], '$namespace'),
        port: reading.whole(http['port'] ?? 80, [...at, 'port'], 1, 65_535),
        path: reading.text(http['path'], [...at, 'path'], '/'),
        from: http['from'] === undefined ? null : reading.text(http['from'], [...at, 'from']),
      }
    }
    case 'object': {
      const object = reading.map(given[kind], at, ['get', 'field'])
      const field = reading.text(object['field'], [...at, 'field'])
      if (readFieldPath(field) === undefined) reading.problem([...at, 'field'], `${quoted(field)} is not a field; write status.readyReplicas, status.conditions[type=Ready].status or items[status.phase=Running]`)
      return { kind, get: readPath(object['get'], [...at, 'get'], reading), field }
    }
    case 'metric': {
      const metric = reading.map(given[kind], at, ['component', 'query'])
      const query = reading.text(metric['query'], [...at, 'query'])
      try {
        if (query !== '') readMetricQuery(query)
      } catch (error) {
        if (!(error instanceof MetricSyntaxError)) throw error
        reading.problem([...at, 'query'], error.message)
      }
      return { kind, component: reading.text(metric['component'], [...at, 'component']), query }
    }
    case 'command': {
      const command = reading.map(given[kind] ?? {}, at, ['on', 'argv'])
      return { kind, node: reading.text(command['on'], [...at, 'on']), argv: reading.texts(command['argv'], [...at, 'argv']) }
    }
  }
}

function readExpectation(value: unknown, path: Path, reading: DocumentReading): Expectation {
  const given = reading.map(value, path, expectations)
  const [word, ...more] = expectations.filter(one => given[one] !== undefined)
  if (word === undefined || more.length > 0) reading.problem(path, `says one of ${expectations.join(', ')}`)
  const at = [...path, word ?? 'is']
  const number = (of: unknown, place: Path): number => {
    if (typeof of === 'number' && Number.isFinite(of)) return of
    reading.problem(place, `must be a number, not ${quoted(of)}`)
    return 0
  }
  switch (word) {
    case 'atLeast':
      return { atLeast: number(given[word], at) }
    case 'atMost':
      return { atMost: number(given[word], at) }
    case 'matches': {
      const matches = reading.text(given[word], at)
      if (!isExpression(matches)) reading.problem(at, `${quoted(matches)} is not a regular expression`)
      return { matches }
    }
    case 'count': {
      const { atLeast, atMost } = reading.map(given[word], at, ['atLeast', 'atMost'])
      if (atLeast === undefined && atMost === undefined) reading.problem(at, 'says atLeast, atMost or both')
      return { count: { ...(atLeast === undefined ? {} : { atLeast: number(atLeast, [...at, 'atLeast']) }), ...(atMost === undefined ? {} : { atMost: number(atMost, [...at, 'atMost']) }) } }
    }
    default: {
      const is = given['is']
      if (is !== undefined && !['string', 'number', 'boolean'].includes(typeof is)) reading.problem(at, `must be a text, a number, true or false, not ${quoted(is)}`)
      return { is: is as string | number | boolean }
    }
  }
}

function isExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

export function readMust(value: unknown, path: Path, reading: DocumentReading): Must {
  const given = reading.map(value, path, ['probe', 'weight', ...rules])
  const [word, ...more] = rules.filter(rule => given[rule] !== undefined)
  if (word === undefined || more.length > 0) reading.problem(path, `says one of ${rules.join(', ')}`)
  const common = { probe: reading.text(given['probe'], [...path, 'probe']), weight: reading.whole(given['weight'] ?? 1, [...path, 'weight'], 1, 100) }
  const at = [...path, word ?? 'holds']
  const rule = isMapping(given[word ?? '']) ? reading.map(given[word ?? ''], at, word === 'holds' ? ['from', 'to', 'share'] : ['within']) : {}
  if (word !== undefined && !isMapping(given[word])) reading.problem(at, `must be a mapping, not ${quoted(given[word])}`)
  switch (word) {
    case 'fails':
      return { ...common, rule: 'fails', withinMs: reading.duration(rule['within'], [...at, 'within'], within) }
    case 'recovers':
      return { ...common, rule: 'recovers', withinMs: reading.duration(rule['within'], [...at, 'within'], within) }
    case 'holdsAfter':
      return { ...common, rule: 'holds-after', withinMs: reading.duration(rule['within'], [...at, 'within'], within) }
    default: {
      const fromMs = reading.duration(rule['from'], [...at, 'from'], { ...within, usualMs: 0 })
      return { ...common, rule: 'holds', fromMs, toMs: reading.duration(rule['to'], [...at, 'to'], { ...within, leastMs: fromMs, usualMs: within.mostMs }), sharePercent: reading.whole(rule['share'] ?? 100, [...at, 'share'], 1, 100) }
    }
  }
}
