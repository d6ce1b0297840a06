import { describe, expect, it } from 'vitest'
import { defineFlags, parseFlags } from './flags.ts'

const specs = defineFlags({
  'secure-port': { type: 'number', default: 10259, help: 'Port.' },
  'leader-elect': { type: 'boolean', default: true, help: 'Elect.' },
  'node-monitor-period': { type: 'duration', default: 5_000, help: 'Period.' },
  'controllers': { type: 'strings', default: ['*'], help: 'Which.' },
  'node-labels': { type: 'map', default: {}, help: 'Labels.' },
  'kubeconfig': { type: 'string', required: true, help: 'File to connect with.' },
})
const parse = (...argv: string[]) => parseFlags(specs, ['--kubeconfig=k', ...argv]).values

describe('flags', () => {
  it('FL1: takes --name=value and --name value; a boolean alone is true', () => {
    expect(parse('--secure-port', '1')['secure-port']).toBe(1)
    expect(parse('--leader-elect=false')['leader-elect']).toBe(false)
    expect(parse('--leader-elect', '--secure-port=2')).toMatchObject({ 'leader-elect': true, 'secure-port': 2 })
    expect(parse('--node-monitor-period=1m30s')['node-monitor-period']).toBe(90_000)
    expect(parse('--node-labels=a=b=c,d=')['node-labels']).toEqual({ a: 'b=c', d: '' })
  })

  it('FL2: texts keep their commas, and each use is one value', () => {
    const specs = defineFlags({ pair: { type: 'texts', default: [], help: '' } })
    expect(parseFlags(specs, ['--pair=a.crt,a.key:x,y', '--pair', 'b.crt,b.key']).values.pair).toEqual(['a.crt,a.key:x,y', 'b.crt,b.key'])
    expect(parseFlags(specs, []).values.pair).toEqual([])
  })

  it('FL2: a list replaces the default and grows when repeated', () => {
    expect(parse('--controllers=*,-a', '--controllers=-b').controllers).toEqual(['*', '-a', '-b'])
  })

  it.each([
    [['--secure-prot=1'], 'unknown flag: --secure-prot (did you mean --secure-port?)'],
    [['--nothing-like-it'], 'unknown flag: --nothing-like-it'],
    [['--secure-port'], 'flag needs an argument: --secure-port'],
    [['--secure-port=x'], 'invalid argument "x" for --secure-port: a number is wanted'],
    [['--node-monitor-period=5'], 'invalid argument "5" for --node-monitor-period: a duration such as 40s or 1m30s is wanted'],
    [['serve'], 'unexpected argument "serve"; flags are written --name=value'],
  ])('FL3: %j is refused', (argv, message) => {
    expect(() => parse(...argv)).toThrow(message)
  })

  it('FL3: a required flag that is missing is named', () => {
    expect(() => parseFlags(specs, [])).toThrow('required flag --kubeconfig is missing: File to connect with.')
  })
})
