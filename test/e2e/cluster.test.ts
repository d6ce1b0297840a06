/**
 * A two-node lab as its user meets it: stock kubectl, real containers, an overlay between real machines.
 * Every provider that works here is taken in turn; KUBARIUM_E2E_PROVIDER=namespace or qemu takes one.
 */
import type { ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Node, Pod } from '../../agents/api/groups/core-v1/types.ts'
import { chromiumMissing, launchChromium, screenshot } from '../integration/chromium.ts'
import { controllerLessons } from './controller-lessons.ts'
import type { LabState } from '../../electron/contract/labs.ts'
import type { Story } from '../../electron/contract/stories.ts'
import { auditedChanges, containerStarts, countLane, milestones, pathTo, requestsOf, storeKey, storedRevisions, writtenRevisions } from './story-evidence.ts'
import { TestLab, eventually, patience, whyNoLab } from './test-lab.ts'
import type { TestProvider } from './test-lab.ts'

const providers = (process.env['KUBARIUM_E2E_PROVIDER'] === undefined ? ['namespace', 'qemu'] : [process.env['KUBARIUM_E2E_PROVIDER']]) as TestProvider[]

interface PodList {
  readonly items: readonly Pod[]
}

const statefulSetWithDisk = {
  apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db' },
  spec: {
    serviceName: 'db', replicas: 1, selector: { matchLabels: { app: 'db' } },
    template: {
      metadata: { labels: { app: 'db' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'c', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', 'trap exit TERM; sleep 100000 & wait'], volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
      },
    },
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '64Mi' } } } }],
  },
}

describe.each(providers)('two %s nodes', provider => {
  const reason = whyNoLab(provider)
  let lab: TestLab
  const pods = async (selector: string, namespace = 'default') => (await lab.json<PodList>(['get', 'pods', '-n', namespace, '-l', selector])).items
  const isRunning = (pod: Pod) => pod.status.phase === 'Running' && pod.metadata.deletionTimestamp === undefined && (pod.status.containerStatuses ?? []).every(container => container.ready)
  const runningWebs = async (count: number) => eventually(`${count} web pods running`, async () => {
    const found = (await pods('app=web')).filter(isRunning)
    return found.length === count && found
  }, 180_000)
  /** A pod that stays, pinned to a node. */
  const client = async (name: string, node: string) => {
    await lab.must(['run', name, '--image=busybox', '--image-pull-policy=IfNotPresent', '--restart=Never', `--overrides={"spec":{"nodeName":"${node}","terminationGracePeriodSeconds":0}}`, '--command', '--', 'sleep', '100000'])
    await lab.must(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=120s'], 130_000)
  }
  const fetchFrom = (pod: string, url: string) => lab.must(['exec', pod, '--', 'wget', '-q', '-T', '10', '-O', '-', url])

  beforeAll(async () => {
    if (reason !== null) return
    lab = new TestLab(provider)
    await lab.up(2)
  })
  beforeEach(({ skip }) => { if (reason !== null) skip(reason) })
  afterAll(async () => { await lab?.remove() })

  test('kubectl get nodes -o wide: two Ready nodes with containerd', async () => {
    const nodes = (await lab.json<{ items: Node[] }>(['get', 'nodes'])).items
    expect(nodes.map(node => node.metadata.name)).toEqual(['node-1', 'node-2'])
    for (const node of nodes) {
      expect(node.status.conditions?.find(condition => condition.type === 'Ready')?.status).toBe('True')
      expect(node.status.nodeInfo?.containerRuntimeVersion).toMatch(/^containerd:\/\/\d/)
      expect(node.status.nodeInfo?.kernelVersion).toBe(await lab.onNode(node.metadata.name, 'uname', '-r'))
    }
    const machines = (JSON.parse((await lab.kubarium(['status', '--name', lab.name, '-o', 'json'])).stdout) as LabState).spec.nodes
    for (const { name, cpus } of machines) {
      const node = nodes.find(({ metadata }) => metadata.name === name)
      expect([node?.status.capacity?.['cpu'], node?.status.allocatable?.['cpu']], name).toEqual([String(cpus), String(cpus)])
      if (provider === 'qemu') expect(await lab.onNode(name, 'nproc'), name).toBe(String(cpus))
    }
    const wide = await lab.must(['get', 'nodes', '-o', 'wide'])
    expect(wide.split('\n')[0]).toMatch(/^NAME\s+STATUS\s+ROLES\s+AGE\s+VERSION\s+INTERNAL-IP\s+EXTERNAL-IP\s+OS-IMAGE\s+KERNEL-VERSION\s+CONTAINER-RUNTIME$/)
  })

  test('a deployment of four pods lands on both nodes, each pod with an address of its node', async () => {
    await lab.must(['create', 'deployment', 'web', '--image=web', '--replicas=4'])
    await lab.must(['expose', 'deployment', 'web', '--port=80'])
    expect(await lab.must(['rollout', 'status', 'deployment/web', '--timeout=240s'], 250_000)).toContain('successfully rolled out')
    const webs = await runningWebs(4)
    expect(new Set(webs.map(pod => pod.spec.nodeName))).toEqual(new Set(['node-1', 'node-2']))
    const nodes = (await lab.json<{ items: Node[] }>(['get', 'nodes'])).items
    for (const pod of webs) {
      const cidr = nodes.find(node => node.metadata.name === pod.spec.nodeName)!.spec.podCIDR!
      expect(pod.status.podIP!.startsWith(cidr.slice(0, cidr.lastIndexOf('.') + 1)), `${pod.status.podIP} in ${cidr}`).toBe(true)
    }
    expect(new Set(webs.map(pod => pod.status.podIP)).size).toBe(4)
  })

  test('a pod reaches a pod on the other node through VXLAN, by address, ClusterIP and name', async () => {
    await client('client', 'node-1')
    const webs = await runningWebs(4)
    const far = webs.find(pod => pod.spec.nodeName === 'node-2')!
    await lab.onNode('node-2', 'iptables', '-w', '-I', 'INPUT', '-i', 'lan0', '-p', 'udp', '--dport', '8472')
    const encapsulated = async () => Number(/^\s*(\d+)\s/m.exec((await lab.onNode('node-2', 'iptables', '-w', '-L', 'INPUT', '1', '-n', '-v', '-x')).split('\n').at(-1)!)![1])
    const before = await encapsulated()
    expect(await fetchFrom('client', `http://${far.status.podIP}/`)).toContain(far.metadata.name)
    expect(await encapsulated()).toBeGreaterThan(before)
    await lab.onNode('node-2', 'iptables', '-w', '-D', 'INPUT', '-i', 'lan0', '-p', 'udp', '--dport', '8472')

    const clusterIp = await lab.must(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}'])
    const answering = new Set<string>()
    for (let round = 0; round < 40 && answering.size < 4; round++) {
      const answer = await fetchFrom('client', round % 2 === 0 ? `http://${clusterIp}/` : 'http://web.default.svc.cluster.local/')
      for (const pod of webs) if (answer.includes(pod.metadata.name)) answering.add(pod.metadata.name)
    }
    expect(answering).toEqual(new Set(webs.map(pod => pod.metadata.name)))
    expect(await fetchFrom('client', 'http://web/')).toContain('web-')
  })

  test('the story of a deployment that stock kubectl makes goes from the client to the rule, and is what audit log, store and runtime say', async () => {
    const file = join(lab.home, 'story.json')
    const tracing = lab.start(process.execPath, [join(import.meta.dirname, '..', '..', 'electron', 'cli', 'launch.mjs'), 'trace', 'deployment/tale', '--follow', '--export', file, '--name', lab.name])
    const story = (): Story => JSON.parse(readFileSync(file, 'utf8')) as Story
    try {
      await lab.must(['create', 'service', 'clusterip', 'tale', '--tcp=80'])
      await eventually('the service has its slice', async () => (await lab.json<{ items: unknown[] }>(['get', 'endpointslices', '-l', 'kubernetes.io/service-name=tale'])).items.length === 1)
      await eventually('the components record', () => Promise.resolve(existsSync(file)), 60_000)
      await lab.must(['create', 'deployment', 'tale', '--image=web', '--replicas=2'])
      await lab.must(['rollout', 'status', 'deployment/tale', '--timeout=240s'], 250_000)
      const told = await eventually('the story has come to the rules of both nodes', () => {
        const now = story()
        const nodes = new Set(now.steps.filter(({ why, details }) => why.key === 'rulesWritten' && details['proxy.rules'] !== undefined).map(({ node }) => node))
        return Promise.resolve(nodes.size === 2 && containerStarts(now).length === 2 && now)
      }, 120_000)

      const path = pathTo(told, told.steps.find(({ details }) => details['rpc.method'] === 'RunPodSandbox')!.id)
      expect(milestones(path)).toEqual([
        'kubectl create deployments.apps', 'store',
        'deployment-controller', 'kube-controller-manager (system:serviceaccount:kube-system:deployment-controller) create replicasets.apps', 'store',
        'replicaset-controller', 'kube-controller-manager (system:serviceaccount:kube-system:replicaset-controller) create pods', 'store',
        'scheduler', 'kube-scheduler create pods/binding', 'store',
        'kubelet', 'RunPodSandbox',
      ])
      expect((['authentication', 'watch', 'informer'] as const).map(lane => countLane(path, lane))).toEqual([4, 4, 4])
      for (const lane of ['authorization', 'admission', 'validation', 'queue'] as const) expect(countLane(path, lane), lane).toBeGreaterThanOrEqual(3)
      const place = new Map(told.steps.map(({ id }, index) => [id, index]))
      for (const step of told.steps) for (const cause of step.causes) expect(place.get(cause) ?? -1, `${cause} before ${step.id}`).toBeLessThan(place.get(step.id)!)

      await eventually('the audit log has the same requests', () => {
        const now = story()
        expect(requestsOf(now)).toEqual(auditedChanges(readFileSync(join(lab.home, 'labs', lab.name, 'logs', 'kube-apiserver-audit.log'), 'utf8'), now))
        return Promise.resolve(true)
      }, 60_000)
      await eventually('the store has the same revisions', async () => {
        const now = story()
        for (const { id } of now.objects) {
          const written = writtenRevisions(now, id)
          expect(written, id).toEqual(storedRevisions((await lab.kubarium(['inspect', 'etcd', `history${storeKey(id)}`, '--name', lab.name, '-o', 'json'])).stdout, written[0]!))
        }
        return true
      }, 60_000)
      for (const { node, container } of containerStarts(story())) {
        const log = (await lab.kubarium(['logs', `containerd@${node}`, '--tail', '5000', '--name', lab.name])).stdout
        expect(log).toContain(`StartContainer for \\"${container}\\" returns successfully`)
      }
    } finally {
      tracing.kill()
      await lab.must(['delete', 'deployment,service', 'tale'])
    }
  })

  test('the desktop reaches a node port through a port forward', async () => {
    await lab.must(['expose', 'deployment', 'web', '--name=web-out', '--type=NodePort', '--port=80'])
    const nodePort = await lab.must(['get', 'service', 'web-out', '-o', 'jsonpath={.spec.ports[0].nodePort}'])
    const forward = lab.start(process.execPath, [join(import.meta.dirname, '..', '..', 'electron', 'cli', 'launch.mjs'), 'forward', 'node-1', nodePort])
    try {
      const address = await firstMatch(forward, /127\.0\.0\.1:(\d+)/)
      const answer = await eventually('an answer through the forward', async () => (await fetch(`http://${address}/`)).text())
      expect(answer).toContain('web-')
    } finally {
      forward.kill()
    }
  })

  test('a LoadBalancer Service has an address on the desktop, keeps both traffic policies, and loses it with the Service', async () => {
    await lab.must(['expose', 'deployment', 'web', '--name=web-lb', '--type=LoadBalancer', '--port=8080', '--target-port=80'])
    const address = await eventually('an address', async () => (await lab.must(['get', 'service', 'web-lb', '-o', 'jsonpath={.status.loadBalancer.ingress[0].ip}'])) || false)
    const ask = async (): Promise<{ readonly pod: string; readonly client: string }> => {
      const text = await (await fetch(`http://${address}:8080/`, { headers: { connection: 'close' } })).text()
      return { pod: /^pod: (.*)$/m.exec(text)![1]!, client: /^client: (.*):\d+$/m.exec(text)![1]! }
    }
    const seen = new Set<string>()
    await eventually('each of the four pods answers', async () => seen.add((await ask()).pod).size === 4)
    await lab.must(['patch', 'service', 'web-lb', '-p', '{"spec":{"externalTrafficPolicy":"Local"}}'])
    // Local: the pod sees who came to its node, not an address of the node itself.
    await eventually('the client is not hidden', async () => (await ask()).client === '169.254.77.2')
    await lab.must(['delete', 'service', 'web-lb'])
    await expect(ask()).rejects.toThrow()
  })

  test('a LoadBalancer Service carries UDP and TCP of one number', async () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'dns-lb', namespace: 'kube-system' }, spec: { type: 'LoadBalancer', selector: { 'k8s-app': 'kube-dns' }, ports: [{ name: 'udp', protocol: 'UDP', port: 53 }, { name: 'tcp', protocol: 'TCP', port: 53 }] } }
    await lab.must(['apply', '-f', '-'], 60_000, JSON.stringify(service))
    const address = await eventually('an address', async () => (await lab.must(['get', 'service', 'dns-lb', '-n', 'kube-system', '-o', 'jsonpath={.status.loadBalancer.ingress[0].ip}'])) || false)
    const resolver = new Resolver({ timeout: 2_000, tries: 1 })
    resolver.setServers([address])
    const ask = (): Promise<string> => resolver.resolve4('kubernetes.default.svc.cluster.local').then(([answer]) => answer!, (error: unknown) => String(error))
    await eventually('an answer over UDP', async () => (await ask()) === '10.96.0.1')
    expect(await Promise.all(Array.from({ length: 50 }, ask))).toEqual(Array.from({ length: 50 }, () => '10.96.0.1'))
    const connection = connect(53, address)
    await once(connection, 'connect')
    connection.destroy()
    await lab.must(['patch', 'service', 'dns-lb', '-n', 'kube-system', '-p', '{"spec":{"loadBalancerSourceRanges":["10.0.0.0/8"]}}'])
    await eventually('others are kept out', async () => (await ask()).includes('ETIMEOUT'))
    await lab.must(['delete', 'service', 'dns-lb', '-n', 'kube-system'])
  })

  test('an address that somebody else\'s load balancer gave is served by the nodes themselves, inside its source ranges', async () => {
    const address = '172.30.0.200'
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'vip' }, spec: { type: 'LoadBalancer', loadBalancerClass: 'example.com/own', selector: { app: 'web' }, ports: [{ port: 80 }] } }
    await lab.must(['apply', '-f', '-'], 60_000, JSON.stringify(service))
    const ingress = (ipMode: string) => lab.must(['patch', 'service', 'vip', '--subresource=status', '--type=merge', '-p', JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: address, ipMode }] } } })])
    const ranges = (...loadBalancerSourceRanges: string[]) => lab.must(['patch', 'service', 'vip', '--type=merge', '-p', JSON.stringify({ spec: { loadBalancerSourceRanges } })])
    const fromPod = async (): Promise<boolean> => (await lab.kubectl(['exec', 'client', '--', 'wget', '-q', '-T', '2', '-O-', `http://${address}/`])).stdout.includes('web-')
    const fromNode = async (): Promise<boolean> => (await lab.kubarium(['ssh', '--name', lab.name, 'node-1', '--', 'curl', '-s', '-m', '2', `http://${address}/`])).stdout.includes('web-')
    const both = async (): Promise<string> => `pod ${await fromPod()} node ${await fromNode()}`
    await ingress('VIP')
    await eventually('pods and nodes are served', async () => (await both()) === 'pod true node true')
    await ranges('10.244.0.0/16')
    await eventually('only pods are', async () => (await both()) === 'pod true node false')
    await ranges('172.30.0.0/24')
    await eventually('only nodes are', async () => (await both()) === 'pod false node true')
    await ranges('192.0.2.0/24')
    await eventually('nobody is', async () => (await both()) === 'pod false node false')
    await ranges('0.0.0.0/0')
    await eventually('everybody is again', async () => (await both()) === 'pod true node true')
    await ingress('Proxy')
    await eventually('an address of mode Proxy is none of theirs', async () => (await both()) === 'pod false node false')
    await lab.must(['delete', 'service', 'vip'])
  })

  test('scale, set image without a failed request, undo', async () => {
    await lab.must(['scale', 'deployment', 'web', '--replicas=5'])
    await runningWebs(5)
    await lab.must(['scale', 'deployment', 'web', '--replicas=3'])
    await runningWebs(3)
    await lab.must(['patch', 'deployment', 'web', '--type=json', '-p', '[{"op":"add","path":"/spec/template/spec/containers/0/readinessProbe","value":{"httpGet":{"path":"/healthz","port":80},"periodSeconds":1}},{"op":"add","path":"/spec/template/spec/containers/0/lifecycle","value":{"preStop":{"sleep":{"seconds":5}}}}]'])
    await lab.must(['rollout', 'status', 'deployment/web', '--timeout=240s'], 250_000)
    // Pods of the first template stop without a preStop hook: their last moments are not what is measured.
    await eventually('only pods of the new template are left', async () => (await pods('app=web')).length === 3)
    const poll = lab.start('kubectl', ['exec', 'client', '--', 'sh', '-c', 'ok=0; bad=0; while [ ! -e /tmp/stop ]; do if wget -q -T 8 -O /dev/null http://web/; then ok=$((ok+1)); else bad=$((bad+1)); fi; done; echo "ok=$ok bad=$bad"'])
    const polled = output(poll)
    await lab.must(['set', 'image', 'deployment/web', 'web=web:v2'])
    expect(await lab.must(['rollout', 'status', 'deployment/web', '--timeout=300s'], 310_000)).toContain('successfully rolled out')
    await lab.must(['exec', 'client', '--', 'touch', '/tmp/stop'])
    const [, ok, bad] = /ok=(\d+) bad=(\d+)/.exec(await polled)!
    expect({ bad: Number(bad), some: Number(ok) > 5 }).toEqual({ bad: 0, some: true })
    expect((await pods('app=web')).filter(isRunning).every(pod => pod.spec.containers[0]!.image === 'web:v2')).toBe(true)
    await lab.must(['rollout', 'undo', 'deployment/web'])
    await lab.must(['rollout', 'status', 'deployment/web', '--timeout=300s'], 310_000)
    await eventually('the old image is back', async () => (await pods('app=web')).filter(isRunning).every(pod => pod.spec.containers[0]!.image === 'web'), 60_000)
  })

  test('logs -f, exec with exit code and input, cp both ways, port-forward, describe', async () => {
    const talker = 'talker'
    await lab.must(['run', talker, '--image=busybox', '--image-pull-policy=IfNotPresent', '--restart=Never', '--command', '--', 'sh', '-c', 'for i in 1 2 3 4 5; do echo line $i; sleep 1; done; sleep 100000'])
    await lab.must(['wait', '--for=condition=Ready', `pod/${talker}`, '--timeout=120s'], 130_000)
    const following = lab.start('kubectl', ['logs', '-f', talker])
    await firstMatch(following, /line (5)/)
    following.kill()
    expect(await lab.must(['logs', talker, '--tail=2'])).toBe('line 4\nline 5')

    expect((await lab.kubectl(['exec', talker, '--', 'sh', '-c', 'exit 7'])).code).toBe(7)
    expect((await lab.kubectl(['exec', '-i', talker, '--', 'cat'], 60_000, 'through stdin\n')).stdout).toBe('through stdin\n')
    const terminal = lab.start('script', ['-qec', `kubectl exec -it ${talker} -- sh`, '/dev/null'])
    const shown = output(terminal)
    terminal.stdin!.write('stty size; tty; exit\n')
    expect(await shown).toMatch(/\/dev\/pts\/\d/)

    const folder = mkdtempSync(join(tmpdir(), 'kubarium-cp-'))
    const bytes = randomBytes(3_000_000)
    writeFileSync(join(folder, 'there'), bytes)
    await lab.must(['cp', join(folder, 'there'), `${talker}:/tmp/there`])
    await lab.must(['cp', `${talker}:/tmp/there`, join(folder, 'back')])
    const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex')
    expect(digest(readFileSync(join(folder, 'back')))).toBe(digest(bytes))
    rmSync(folder, { recursive: true })

    const [web] = await runningWebs(3)
    const forward = lab.start('kubectl', ['port-forward', `pod/${web!.metadata.name}`, ':80'])
    try {
      const port = await firstMatch(forward, /127\.0\.0\.1:(\d+) ->/, 1)
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain(web!.metadata.name)
    } finally {
      forward.kill()
    }
    const described = await lab.must(['describe', 'pod', talker])
    for (const word of ['Successfully assigned default/talker', 'Started', 'Node:', 'QoS Class:']) expect(described).toContain(word)
  })

  test('a claim gets a disk of the lab, which grows and moves with its pod', { timeout: 600_000 }, async () => {
    await lab.must(['apply', '-f', '-'], patience.commandMs, JSON.stringify(statefulSetWithDisk))
    await eventually('the pod runs', async () => isRunning(await lab.json<Pod>(['get', 'pod', 'db-0'])), 180_000)
    await lab.must(['exec', 'db-0', '--', 'sh', '-c', 'echo kept > /data/file; sync'])
    const placed = (await lab.json<Pod>(['get', 'pod', 'db-0'])).spec.nodeName!
    await lab.must(['patch', 'pvc', 'data-db-0', '-p', '{"spec":{"resources":{"requests":{"storage":"96Mi"}}}}'])
    await lab.must(['cordon', placed])
    await lab.must(['delete', 'pod', 'db-0'])
    const moved = await eventually('it runs on the other node', async () => {
      const pod = await lab.json<Pod>(['get', 'pod', 'db-0'])
      return isRunning(pod) && pod.spec.nodeName !== placed && pod
    }, 240_000)
    await lab.must(['uncordon', placed])
    expect(moved.spec.nodeName).toBeDefined()
    expect(await lab.must(['exec', 'db-0', '--', 'cat', '/data/file'])).toBe('kept')
    await eventually('the claim has grown', async () => (await lab.must(['get', 'pvc', 'data-db-0', '-o', 'jsonpath={.status.capacity.storage}'])) === '96Mi', 120_000)
    const kibibytes = Number((await lab.must(['exec', 'db-0', '--', 'sh', '-c', 'df -k /data | tail -1'])).trim().split(/\s+/).at(-5))
    expect(kibibytes).toBeGreaterThan(70 * 1024)
  })

  test('delete waits for the grace period, and asks the process to stop', async () => {
    await lab.must(['run', 'polite', '--image=busybox', '--image-pull-policy=IfNotPresent', '--restart=Never', '--command', '--', 'sh', '-c', 'trap "sleep 2; exit 0" TERM; while true; do sleep 1; done'])
    await lab.must(['wait', '--for=condition=Ready', 'pod/polite', '--timeout=120s'], 130_000)
    const startedAt = Date.now()
    await lab.must(['delete', 'pod', 'polite', 'talker', '--grace-period=20'], 90_000)
    expect(Date.now() - startedAt).toBeGreaterThan(1_500)
    expect((await lab.kubectl(['get', 'pod', 'polite'])).stderr).toContain('not found')
  })

  test('a killed container process is restarted, once', async () => {
    const [web] = await runningWebs(3)
    const id = web!.status.containerStatuses![0]!.containerID!.replace('containerd://', '')
    await lab.onNode(web!.spec.nodeName!, 'ctr', '-n', 'k8s.io', 'task', 'kill', '-s', 'SIGKILL', id)
    const again = await eventually('the container runs again', async () => {
      const pod = await lab.json<Pod>(['get', 'pod', web!.metadata.name])
      return pod.status.containerStatuses?.[0]?.restartCount === 1 && isRunning(pod) && pod
    })
    expect(again.status.containerStatuses![0]!.lastState?.terminated?.exitCode).toBe(137)
  })

  test('an image that does not exist is said plainly, and nothing else suffers', async () => {
    await lab.must(['run', 'nope', '--image=no-such-image', '--restart=Never'])
    await eventually('ErrImagePull or ImagePullBackOff', async () => /ErrImagePull|ImagePullBackOff/.test(await lab.must(['get', 'pod', 'nope'])), 60_000)
    expect(await lab.must(['describe', 'pod', 'nope'])).toMatch(/Failed to pull image "no-such-image"/)
    await lab.must(['delete', 'pod', 'nope', '--grace-period=0', '--force'])
  })

  controllerLessons(() => lab)

  test('kill -9 of the lab host: same machines, same containers', async () => {
    const before = await containers(lab)
    const statusBefore = JSON.parse((await lab.kubarium(['status', '-o', 'json'])).stdout) as { components: { name: string; restarts: number }[] }
    process.kill(lab.hostPid(), 'SIGKILL')
    await eventually('the lab is found again', async () => {
      const ended = await lab.kubarium(['status', '-o', 'json'])
      return ended.code === 0 && (JSON.parse(ended.stdout) as { phase: string }).phase === 'running'
    })
    await eventually('kubectl exec goes through the new control link', async () => (await lab.kubectl(['exec', 'client', '--', 'true'])).code === 0)
    expect(await containers(lab)).toEqual(before)
    expect(statusBefore.components.length).toBeGreaterThan(3)
  })

  test('the GUI in a real Chromium: nodes, pods, a terminal on a node, the scheduler killed and back', { timeout: 300_000 }, async ({ skip }) => {
    if (chromiumMissing !== null) skip(chromiumMissing)
    const { address } = JSON.parse((await lab.kubarium(['app', '-o', 'json'])).stdout) as { address: string }
    const browser = await launchChromium()
    try {
      const page = await (await browser.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'en-US' })).newPage()
      await page.goto(address)
      await page.locator('[data-node="node-2"]').waitFor()
      for (const node of ['node-1', 'node-2']) expect(await page.locator(`[data-node="${node}"]`).innerText()).toContain('Ready')

      await page.locator('[data-node="node-1"]').getByRole('button', { name: 'Shell' }).click()
      const screen = page.locator('.xterm-accessibility-tree').first()
      await eventually('a prompt', async () => /[#$]\s*$/m.test(await screen.innerText()), 60_000)
      await page.locator('.xterm-helper-textarea').first().focus()
      await page.keyboard.type('echo "host is $(hostname)"\n')
      await eventually('the host name in the terminal', async () => (await screen.innerText()).includes('host is node-1'), 60_000)
      await screenshot(page, `lab-${provider}`)
      await page.getByRole('button', { name: 'Hide the terminals' }).click()

      const scheduler = page.locator('[data-component="kube-scheduler"]')
      const before = await lab.componentPid('kube-scheduler')
      const restarts = async () => Number(await scheduler.locator('td.number').first().innerText())
      const had = await restarts()
      await page.getByRole('button', { name: 'Kill kube-scheduler' }).click()
      await eventually('the scheduler is shown down', async () => !/\bready\b/.test(await scheduler.innerText()), 30_000, 20)
      await eventually('the scheduler is shown back', async () => /\bready\b/.test(await scheduler.innerText()) && (await restarts()) === had + 1, 60_000)
      expect(await lab.componentPid('kube-scheduler')).not.toBe(before)

      await page.getByRole('link', { name: 'Resources' }).click()
      await lab.must(['scale', 'deployment', 'web', '--replicas=4'])
      const webs = await runningWebs(4)
      for (const pod of webs) await page.locator(`[data-object="${pod.metadata.name}"]`).getByText('Running').waitFor({ timeout: 60_000 })
      await screenshot(page, `resources-${provider}`)
      await lab.must(['scale', 'deployment', 'web', '--replicas=3'])
      await runningWebs(3)
    } finally {
      await browser.close()
    }
  })

  test('power-off: NotReady, pods move, the Service goes on; start: Ready, nothing left over', { timeout: 900_000 }, async () => {
    await lab.must(['patch', 'deployment', 'web', '--type=merge', '-p', '{"spec":{"template":{"spec":{"tolerations":[{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":5},{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":5}]}}}}'])
    await lab.must(['rollout', 'restart', 'deployment', 'web']) // an earlier try may have left every pod on node-1
    await lab.must(['rollout', 'status', 'deployment/web', '--timeout=300s'], 310_000)
    const webs = await runningWebs(3)
    const lost = webs.filter(pod => pod.spec.nodeName === 'node-2')
    expect(lost.length).toBeGreaterThan(0)
    await lab.must(['cordon', 'node-1'])
    await lab.must(['delete', 'pod', 'db-0'])
    await eventually('the pod with the disk runs on node-2', async () => {
      const pod = await lab.json<Pod>(['get', 'pod', 'db-0'])
      return isRunning(pod) && pod.spec.nodeName === 'node-2'
    }, 240_000)
    await lab.must(['uncordon', 'node-1'])
    expect(await lab.onNode('node-2', 'stat', '-f', '-c', '%T', '/var/lib/cni')).toBe('tmpfs') // a power cut leaves nothing half written of pods' networks
    expect((await lab.kubarium(['node', 'power-off', 'node-2'])).code).toBe(0)
    const ready = async () => (await lab.json<Node>(['get', 'node', 'node-2'])).status.conditions?.find(condition => condition.type === 'Ready')?.status
    await eventually('node-2 is NotReady', async () => (await ready()) === 'Unknown', 120_000)
    await eventually('three pods on node-1', async () => (await pods('app=web')).filter(pod => isRunning(pod) && pod.spec.nodeName === 'node-1').length >= 3, 240_000)
    for (let round = 0; round < 5; round++) expect(await fetchFrom('client', 'http://web/')).toContain('web-')
    // What is on a disk survives: a node that is said to be out of service gives it up.
    await lab.must(['taint', 'node', 'node-2', 'node.kubernetes.io/out-of-service=nodeshutdown:NoExecute'])
    await eventually('the pod with the disk runs on node-1', async () => {
      const pod = await lab.json<Pod>(['get', 'pod', 'db-0'])
      return isRunning(pod) && pod.spec.nodeName === 'node-1'
    }, 240_000)
    expect(await lab.must(['exec', 'db-0', '--', 'cat', '/data/file'])).toBe('kept')

    expect((await lab.kubarium(['node', 'start', 'node-2'], 300_000)).code).toBe(0)
    await lab.must(['taint', 'node', 'node-2', 'node.kubernetes.io/out-of-service-'])
    await eventually('node-2 is Ready', async () => (await ready()) === 'True', 240_000)
    await eventually('evicted pods are gone', async () => (await pods('app=web')).every(pod => !lost.some(gone => gone.metadata.uid === pod.metadata.uid)), 120_000)
    await eventually('no container of an evicted pod is left', async () => {
      for (const { metadata } of lost) {
        if ((await lab.onNode('node-2', 'ctr', '-n', 'k8s.io', 'containers', 'ls', '-q', `labels."io.kubernetes.pod.uid"==${metadata.uid}`)) !== '') return false
      }
      return true
    }, 120_000)
  })
})

async function containers(lab: TestLab): Promise<string[]> {
  const all = (await lab.json<PodList>(['get', 'pods', '-A'])).items
  return all.flatMap(pod => (pod.status.containerStatuses ?? []).map(container => `${pod.metadata.name}/${container.name} ${container.containerID} ${container.restartCount}`)).sort()
}

function output(child: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    child.stdout!.on('data', chunk => { text += String(chunk) })
    child.on('close', () => { resolve(text) })
  })
}

function firstMatch(child: ChildProcess, pattern: RegExp, group = 0, timeoutMs = 90_000): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => { reject(new Error(`waited in vain for ${pattern.source} in: ${text}`)) }, timeoutMs)
    const look = (chunk: Buffer): void => {
      text += chunk.toString()
      const match = pattern.exec(text)
      if (match === null) return
      clearTimeout(timer)
      resolve(match[group]!)
    }
    child.stdout!.on('data', look)
    child.stderr!.on('data', look)
  })
}
