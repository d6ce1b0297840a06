import { expect, test } from 'vitest'
import { readLabFile } from './lab-file.ts'
import { documentOf, readLab } from './lab-spec.ts'
import { type UsualCpus, usualCpusOf } from './usual-cpus.ts'

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

test('a virtual machine that says nothing of processors has as many as are usual here, one where that is not known', () => {
  const cpusOf = (nodes: string, usual?: UsualCpus) => readLabFile(`${head}spec:\n  nodes: ${nodes}\n`, 'lab.yaml', usual).nodes.map(({ provider, cpus }) => [provider, cpus])
  const nodes = '[{}, {cpus: 4}, {provider: namespace}]'
  expect(cpusOf(nodes)).toEqual([['qemu', 1], ['qemu', 4], ['namespace', 2]])
  expect(cpusOf(nodes, usualCpusOf('kvm', 6))).toEqual([['qemu', 3], ['qemu', 4], ['namespace', 2]])
  expect(cpusOf('1', usualCpusOf('kvm', 6))).toEqual([['qemu', 3]])
})

test('LS1 every problem is reported, with line and column', () => {
  expect(problemsOf(`${head}metadata:\n  name: Demo_1\nspec:\n  overlay: vlan\n  nodes:\n    - name: a\n    - name: a\n      cpus: many\n`)).toEqual([
    'lab.yaml:4:9: metadata.name: "Demo_1" is not a name: lower-case letters, digits and hyphens, beginning and ending with a letter or digit, at most 32 characters',
    'lab.yaml:10:13: spec.nodes[1].cpus: "many" is not a whole number from 1 to 64',
    'lab.yaml:9:13: spec.nodes[1].name: "a" is the name of another node',
    'lab.yaml:6:12: spec.overlay: "vlan" is not one of vxlan, ipip, wireguard, host-gw',
  ])
})

test('LS2 an unknown field is refused by name where it stands', () => {
  expect(problemsOf(`${head}spec:\n  nodes: 2\n  colour: red\n`)).toEqual(['lab.yaml:5:3: spec.colour: unknown field; known here: provider, nodes, overlay, proxyMode, apiServers, etcd, networks, links, faultInjection, golden, simulation, components'])
})

test('LS3 what is planned but not there yet is refused by name', () => {
  expect(problemsOf(`${head}spec: {proxyMode: ipvs, apiServers: 3, etcd: 5, provider: multipass}\n`)).toEqual([
    'lab.yaml:3:59: spec.provider: "multipass" is not supported by this version of Kubarium; use qemu or namespace or simulated',
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

test('LS5 SI1 SI2 one entry of simulated nodes stands for many', () => {
  const { nodes } = readLabFile(`${head}spec:\n  provider: simulated\n  nodes:\n    - {name: big, count: 3, cpus: 64, pods: 250, zones: [a, b], labels: {disk: ssd}, resources: {example.com/gpu: 4}}\n    - {}\n`, 'lab.yaml')
  expect(nodes.map(({ name, cpus, simulated }) => [name, cpus, simulated!.labels['topology.kubernetes.io/zone']])).toEqual([['big-1', 64, 'a'], ['big-2', 64, 'b'], ['big-3', 64, 'a'], ['node-2', 8, undefined]])
  expect(nodes[0]!.simulated).toEqual({ pods: 250, labels: { 'topology.kubernetes.io/zone': 'a', 'disk': 'ssd' }, taints: [], resources: { 'example.com/gpu': '4' } })
})

test('SI3 simulated nodes beside machines are tainted unless the file says otherwise', () => {
  const taintsOf = (more: string) => readLabFile(`${head}spec:\n  nodes:\n    - {name: real}\n    - {name: sim, provider: simulated, count: 2${more}}\n`, 'lab.yaml').nodes.map(({ simulated }) => simulated?.taints)
  const taint = { key: 'kubarium.dev/simulated', value: 'true', effect: 'NoSchedule' }
  expect(taintsOf('')).toEqual([undefined, [taint], [taint]])
  expect(taintsOf(', taints: []')).toEqual([undefined, [], []])
})

test('LS5 what is wrong with simulated nodes is told with line and column', () => {
  expect(problemsOf(`${head}spec:\n  nodes:\n    - name: real\n      count: 3\n    - name: sim\n      provider: simulated\n      count: 0\n      pods: many\n      labels: {"bad label": x}\n      resources: {gpu: 1}\n      taints: [{key: a, effect: Never}]\n`)).toEqual([
    'lab.yaml:6:7: spec.nodes[0].count: only nodes with provider simulated have this field',
    'lab.yaml:9:14: spec.nodes[1].count: 0 is not a whole number from 1 to 5000',
    'lab.yaml:11:16: spec.nodes[1].labels.bad label: "bad label" is not a name',
    'lab.yaml:10:13: spec.nodes[1].pods: "many" is not a whole number from 1 to 250',
    'lab.yaml:13:33: spec.nodes[1].taints[0].effect: "Never" is not one of NoSchedule, PreferNoSchedule, NoExecute',
    'lab.yaml:12:19: spec.nodes[1].resources.gpu: is not an extended resource: its name needs a domain, such as example.com/gpu',
  ])
  expect(problemsOf(`${head}spec:\n  simulation:\n    lifecycles:\n      - stages:\n          - {from: ready, to: asleep}\n`)).toEqual(['lab.yaml:7:31: spec.simulation.lifecycles[0].stages[0].to: "asleep" cannot follow ready; unready, crashed, completed can'])
})

test('LS4 many nodes get a network with room for them, or are told that theirs has none', () => {
  expect(readLabFile(`${head}spec: {provider: simulated, nodes: 1000}\n`, 'x').networks.podCidr).toBe('10.128.0.0/9')
  expect(problemsOf(`${head}spec: {provider: simulated, nodes: 300, networks: {podCidr: 10.244.0.0/16}}\n`)).toEqual(['lab.yaml:3:61: spec.networks.podCidr: has no room for 300 nodes: each gets a /24 of it, and it has 256'])
})

test('simulated nodes and their behaviour pass from client to lab host unchanged', () => {
  const spec = readLabFile(`${head}spec:\n  nodes: [{name: real}, {name: sim, provider: simulated, count: 2, zones: [a]}]\n  simulation: {seed: 7, usage: [{cpu: 250m, memory: {ofRequest: 0.2}}]}\n`, 'x')
  expect(readLab(documentOf(spec)).spec).toEqual(spec)
})

const twoNetworks = `  networks:
    lans: [{name: east, cidr: 172.31.0.0/24}]
    routers: [{name: r1, joins: [lan, {network: east, mtuBytes: 1400}]}]
`

test('RN1 RN2 a lab may have several networks with routers between, and what is wrong with links when it starts', () => {
  const spec = readLabFile(`${head}spec:\n  nodes: [{name: a}, {name: b, network: east}]\n${twoNetworks}  links: [{from: a, to: '*', delay: {ms: 20}}, {from: b, to: r1.east, loss: {model: random, percent: 5}}]\n`, 'x')
  expect(spec.networks).toMatchObject({ lans: [{ name: 'east', cidr: '172.31.0.0/24' }], routers: [{ name: 'r1', joins: [{ network: 'lan', mtuBytes: 1500 }, { network: 'east', mtuBytes: 1400 }] }] })
  expect(spec.nodes.map(({ name, network }) => [name, network])).toEqual([['a', undefined], ['b', 'east']])
  expect(spec.links).toEqual([{ from: 'a', to: '*', delay: { ms: 20 } }, { from: 'b', to: 'r1.east', loss: { model: 'random', percent: 5 } }])
  expect(readLab(documentOf(spec)).spec).toEqual(spec)
})

test('RN1 RN2 what does not fit together is said where it stands', () => {
  expect(problemsOf(`${head}spec:\n  networks:\n    lans: [{name: east, cidr: 172.30.0.0/25}, {name: east, cidr: 172.32.0.0/24}]\n    routers: [{name: r1, joins: [lan, north], routes: [{to: 10.0.0.0/8, via: 10.0.0.1}]}, {name: r1, joins: [lan]}]\n`)).toEqual([
    'lab.yaml:5:31: spec.networks.lans[0].cidr: overlaps lanCidr 172.30.0.0/24',
    'lab.yaml:5:54: spec.networks.lans[1].name: "east" is the name of another network',
    'lab.yaml:6:39: spec.networks.routers[0].joins[1]: there is no network "north"; the lab has lan, east, east',
    'lab.yaml:6:78: spec.networks.routers[0].routes[0].via: "10.0.0.1" is not an address on a network that r1 joins',
    'lab.yaml:6:109: spec.networks.routers[1].joins: a router joins at least two networks, each once',
    'lab.yaml:6:98: spec.networks.routers[1].name: "r1" is the name of another router',
  ])
})

test('RN3 nodes that could not meet, or whose frames do not pass the switch, are refused', () => {
  const nodes = (text: string, more = '') => problemsOf(`${head}spec:\n  nodes: ${text}\n${more}`)
  expect(nodes('[{name: a}, {name: b, network: west}]')).toEqual(['lab.yaml:4:41: spec.nodes[1].network: there is no network "west"; the lab has lan'])
  expect(nodes('[{name: a}, {name: b, network: east}]', '  networks: {lans: [{name: east, cidr: 172.31.0.0/24}]}\n')).toEqual(['lab.yaml:5:13: spec.networks: no router leads from lan to east, so the nodes on them cannot meet'])
  expect(nodes('[{name: a}, {name: b, network: east}]', `${twoNetworks}  overlay: host-gw\n`)[0]).toContain('spec.overlay: host-gw needs all nodes on one network')
  expect(nodes('[{name: a, provider: namespace, network: east}]', twoNetworks)[0]).toContain('a namespace machine can be on lan alone')
  expect(nodes('[{name: a, provider: simulated, network: east}]', twoNetworks)[0]).toContain('simulated nodes are on no network')
})

test('RN4 links are checked as if they were impaired by hand', () => {
  const links = (text: string) => problemsOf(`${head}spec:\n  nodes: [{name: a}, {name: b, network: east}, {name: c, provider: namespace}]\n${twoNetworks}  links: [${text}]\n`).map(problem => problem.replace(/^.*?spec/, 'spec'))
  expect(links('{from: a, to: z}')).toEqual(['spec.links[0].to: there is no node "z"; nodes are a, b, c, and ports of routers r1.lan, r1.east'])
  expect(links('{from: a, to: b, down: true}')).toEqual(['spec.links[0].to: a is on lan and b on east; what passes between them passes a router: take a link to one of r1.lan'])
  expect(links('{from: a, to: c, down: true}')).toEqual([])
  expect(links('{from: a, to: c, delay: {ms: 5}}')).toEqual(['spec.links[0]: delay on a node is of everything that it sends: take the link a:*'])
  expect(links('{from: a, to: \'*\', delay: {ms: -1}, smell: 3}')).toEqual(['spec.links[0].delay: ms must be a number from 0 to 600000', expect.stringContaining('spec.links[0].smell: a link has no parameter "smell"')])
})
