import { expect, test } from 'vitest'
import { readLabText } from '../../electron/labhost/lab/lab-file.ts'
import { emptyLabFile, fragmentText, pairsText, readFragment, readPairs, readTaints, readValue, readWords, taintsText, textOf, valueAt, writeValue } from './lab-document.ts'

const commented = `# my lab
apiVersion: kubarium.dev/v1
kind: Lab
metadata: {name: shop} # what students see
spec:
  # two real ones
  nodes:
    - name: a # the strong one
      cpus: 4
    - {name: b}
  overlay: vxlan # wide
`

test('LD1 a changed field changes nothing else, not even its own comment', () => {
  expect(writeValue(commented, ['spec', 'overlay'], 'host-gw')).toBe(commented.replace('overlay: vxlan', 'overlay: host-gw'))
  expect(writeValue(commented, ['spec', 'nodes', 0, 'cpus'], 2)).toBe(commented.replace('cpus: 4', 'cpus: 2'))
  expect(writeValue(commented, ['spec', 'nodes', 1, 'memoryMiB'], 2048)).toBe(commented.replace('{name: b}', '{name: b, memoryMiB: 2048}'))
  expect(writeValue(commented, ['metadata', 'name'], 'other')).toBe(commented.replace('shop', 'other'))
})

test('LD2 an emptied field leaves the file, and what is empty with it', () => {
  const wide = writeValue(emptyLabFile, ['spec', 'networks', 'podCidr'], '10.0.0.0/16')
  expect(wide).toBe(`${emptyLabFile}  networks:\n    podCidr: 10.0.0.0/16\n`)
  expect(writeValue(wide, ['spec', 'networks', 'podCidr'], undefined)).toBe(emptyLabFile)
  expect(writeValue(emptyLabFile, ['spec', 'networks', 'podCidr'], undefined)).toBe(emptyLabFile)
  expect(valueAt(readValue(writeValue(commented, ['spec', 'nodes', 0], undefined)), ['spec', 'nodes'])).toEqual([{ name: 'b' }])
})

test('a field is made with everything around it, in a text that says nothing yet', () => {
  expect(writeValue('', ['spec', 'components', 'kube-scheduler', 'binary'], '/opt/s')).toBe('spec:\n  components:\n    kube-scheduler:\n      binary: /opt/s\n')
  expect(writeValue('spec:\n', ['spec', 'nodes', 0, 'name'], 'a')).toBe('spec:\n  nodes:\n    - name: a\n')
})

test('LD3 what is not YAML is not touched', () => {
  expect(readValue('a: [')).toBe(null)
  expect(writeValue('a: [', ['a'], 1)).toBe('a: [')
})

test('LD4 a lab written as a file is the same lab when the file is read', () => {
  const text = `apiVersion: kubarium.dev/v1
kind: Lab
metadata: {name: big}
spec:
  overlay: host-gw
  faultInjection: false
  nodes:
    - {name: real, cpus: 3}
    - {name: sim, provider: simulated, count: 300, zones: [a, b, c], labels: {disk: ssd}, resources: {example.com/gpu: 4}}
    - {name: other-1, provider: simulated, pods: 20}
    - {name: other-2, provider: simulated, pods: 30}
  networks: {podCidr: 10.128.0.0/9}
  simulation: {seed: 7}
  components: {kube-scheduler: {binary: /opt/kube-scheduler, flags: {v: 3}}}
`
  const { spec } = readLabText(text)
  const written = textOf(spec!)
  expect(readLabText(written)).toEqual({ spec, problems: [] })
  expect(written.split('\n').length).toBeLessThan(80)
  expect(written).toContain('count: 300')
})

test('zones that are not dealt out in turn are written node by node', () => {
  const node = (name: string, zone: string) => `{name: ${name}, provider: simulated, labels: {topology.kubernetes.io/zone: ${zone}}}`
  const { spec } = readLabText(`apiVersion: kubarium.dev/v1\nkind: Lab\nspec:\n  nodes: [${node('s-1', 'a')}, ${node('s-2', 'b')}, ${node('s-3', 'b')}]\n`)
  expect(readLabText(textOf(spec!)).spec).toEqual(spec)
})

test('a part of the file is written by itself, and read again', () => {
  const routers = [{ name: 'r1', joins: ['lan', { network: 'east', mtuBytes: 1400 }] }]
  expect(fragmentText(routers)).toBe('- name: r1\n  joins:\n    - lan\n    - network: east\n      mtuBytes: 1400\n')
  expect(readFragment(fragmentText(routers))).toEqual({ value: routers })
  expect([fragmentText(undefined), readFragment(' \n')]).toEqual(['', { value: undefined }])
  expect('broken' in readFragment('- [')).toBe(true)
})

test('lists and mappings are written in one line of a form, and read again', () => {
  expect(readPairs('disk=ssd, tier=')).toEqual({ disk: 'ssd', tier: '' })
  expect(pairsText({ disk: 'ssd', n: 4 })).toBe('disk=ssd, n=4')
  expect(readPairs('feature-gates=A=true,B=false\nv=3', '\n')).toEqual({ 'feature-gates': 'A=true,B=false', 'v': '3' })
  expect(pairsText({ 'feature-gates': 'A=true,B=false', 'v': 3 }, '\n')).toBe('feature-gates=A=true,B=false\nv=3')
  expect(readTaints('a=b:NoSchedule, c:NoExecute')).toEqual([{ key: 'a', value: 'b', effect: 'NoSchedule' }, { key: 'c', effect: 'NoExecute' }])
  expect(taintsText(readTaints('a=b:NoSchedule, c:NoExecute'))).toBe('a=b:NoSchedule, c:NoExecute')
  expect([readPairs(' '), readTaints(''), readWords(',')]).toEqual([undefined, undefined, undefined])
})
