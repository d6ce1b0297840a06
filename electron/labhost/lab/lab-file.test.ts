import { expect, test } from 'vitest'
import { readLabFile } from './lab-file.ts'
import { documentOf, readLab } from './lab-spec.ts'

const head = 'apiVersion: kubarium.dev/v1\nkind: Lab\n'

function problemsOf(text: string): string[] {
  try {
    readLabFile(text, 'lab.yaml')
    return []
  } catch (error) {
    return (error as Error).message.split('\n')
  }
}

test('a short file gets every default', () => {
  expect(readLabFile(`${head}metadata: {name: demo}\nspec:\n  provider: namespace\n  nodes: 1\n`, 'lab.yaml')).toEqual({
    name: 'demo',
    nodes: [{ name: 'node-1', provider: 'namespace', cpus: 2, memoryMiB: 1024 }],
    overlay: 'vxlan',
    proxyMode: 'iptables',
    apiServers: 1,
    etcd: 'embedded',
    networks: { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', lanCidr: '172.30.0.0/24' },
  })
})

test('LS1 every problem is reported, with line and column', () => {
  expect(problemsOf(`${head}metadata:\n  name: Demo_1\nspec:\n  overlay: vlan\n  nodes:\n    - name: a\n    - name: a\n      cpus: many\n`)).toEqual([
    'lab.yaml:4:9: metadata.name: "Demo_1" is not a name: lower-case letters, digits and hyphens, beginning and ending with a letter or digit, at most 32 characters',
    'lab.yaml:9:13: spec.nodes[1].name: "a" is the name of another node',
    'lab.yaml:10:13: spec.nodes[1].cpus: "many" is not a whole number from 1 to 64',
    'lab.yaml:6:12: spec.overlay: "vlan" is not one of vxlan, ipip, wireguard, host-gw',
  ])
})

test('LS2 an unknown field is refused by name where it stands', () => {
  expect(problemsOf(`${head}spec:\n  nodes: 2\n  colour: red\n`)).toEqual(['lab.yaml:5:3: spec.colour: unknown field; known here: provider, nodes, overlay, proxyMode, apiServers, etcd, networks'])
})

test('LS3 what is planned but not there yet is refused by name', () => {
  expect(problemsOf(`${head}spec: {proxyMode: ipvs, apiServers: 3, etcd: 5, provider: multipass}\n`)).toEqual([
    'lab.yaml:3:59: spec.provider: "multipass" is not supported by this version of Kubarium; use qemu or namespace',
    'lab.yaml:3:19: spec.proxyMode: "ipvs" is not supported by this version of Kubarium; use iptables',
    'lab.yaml:3:37: spec.apiServers: 3 is not supported by this version of Kubarium; use 1',
    'lab.yaml:3:46: spec.etcd: 5 is not supported by this version of Kubarium; use embedded',
  ])
})

test('LS4 networks must be networks, not overlap, and have room', () => {
  expect(problemsOf(`${head}spec:\n  networks: {podCidr: 10.96.0.0/15, lanCidr: 172.30.0.1/24}\n`)).toEqual([
    'lab.yaml:4:46: spec.networks.lanCidr: "172.30.0.1/24" is not an IPv4 network such as 172.30.0.0/24',
    'lab.yaml:4:13: spec.networks.serviceCidr: overlaps podCidr 10.96.0.0/15',
  ])
  expect(problemsOf(`${head}spec: {nodes: 40, networks: {lanCidr: 172.30.0.0/27}}\n`)).toEqual(['lab.yaml:3:39: spec.networks.lanCidr: has no room for 40 nodes'])
})

test('text that is not YAML, or not a Lab, says where', () => {
  expect(problemsOf('a: [1, 2')[0]).toMatch(/^lab\.yaml:1:\d+: /)
  expect(problemsOf('a: 1\na: 2\n')[0]).toMatch(/^lab\.yaml:2:1: /)
  expect(problemsOf('- 1\n')).toEqual(['lab.yaml:1:1: a Lab is a mapping with apiVersion, kind, metadata and spec'])
  expect(problemsOf('kind: Lab\n')).toEqual(['lab.yaml:1:1: apiVersion: must be kubarium.dev/v1'])
})

test('what a client sends passes the same checks', () => {
  const spec = readLabFile(`${head}spec: {nodes: 1}\n`, 'x')
  expect(readLab(documentOf(spec)).spec).toEqual(spec)
  expect(readLab(documentOf({ ...spec, surprise: 1 })).problems).toHaveLength(1)
  expect(readLab(documentOf(null)).problems).toHaveLength(1)
})
