/**
 * The certificates of one lab on disk: made once, kept while they answer what is asked of them, renewed otherwise.
 *
 *   PK1  Every file is 0600.
 *   PK2  Running it again changes nothing unless a certificate is near its end, its names changed, or its authority did.
 *   PK3  Authorities are never replaced while their files can be read: everything issued would stop working.
 *   PK5  For a fault the API server shows a certificate that is expired, of nobody's authority, or for another name; making what is
 *        missing (PK2) puts its own back.
 *   PK4  Client and front-proxy certificates have different authorities, so that one cannot pass for the other.
 */
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { readTextIfAny, writePrivateFile } from '../files/private-files.ts'
import { answersRequest, createAuthority, createSigningPair, issueLeaf, type KeyAndCertificate, type LeafRequest } from './certificate-authority.ts'
import { renderKubeconfig } from './kubeconfig.ts'

/** Name of each certificate without its ending; `<name>.crt` and `<name>.key` in the lab's pki folder. */
export type LeafName =
  | 'apiserver'
  | 'apiserver-etcd-client'
  | 'apiserver-kubelet-client'
  | 'front-proxy-client'
  | 'etcd-server'
  | 'admin'
  | 'scheduler'
  | 'controller-manager'
  | 'cloud-controller-manager'
  | 'metrics-server'
  | 'kube-proxy'
  | 'overlay'
  | 'simulated-kubelets-client'
  | 'simulated-kubelets-server'

const leafDays = 365

export interface LabPkiOptions {
  readonly dir: string
  readonly now: () => number
  /** Address of the API server inside the cluster, first of the Service range. */
  readonly serviceAddress: string
  /** Node-local address the API server is published at. */
  readonly nodeLocalAddress: string
}

export interface NodeCertificates {
  readonly authority: string
  readonly kubeletClient: KeyAndCertificate
  readonly kubeletServer: KeyAndCertificate
}

export class LabPki {
  readonly #options: LabPkiOptions
  readonly #authorities = new Map<string, KeyAndCertificate>()

  constructor(options: LabPkiOptions) {
    this.#options = options
  }

  /** Makes what is missing (PK2). Takes some tens of milliseconds the first time, a few after that. */
  async ensure(): Promise<void> {
    const [lab, etcd, frontProxy] = await Promise.all([
      this.#ensureAuthority('ca', 'kubernetes'),
      this.#ensureAuthority('etcd-ca', 'etcd-ca'),
      this.#ensureAuthority('front-proxy-ca', 'front-proxy-ca'),
    ])
    const { serviceAddress, nodeLocalAddress } = this.#options
    const loopback = ['localhost', '127.0.0.1']
    const apiHosts = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', ...loopback, nodeLocalAddress, serviceAddress]
    const both = ['server', 'client'] as const
    await Promise.all([
      this.#ensureSigningPair(),
      this.#ensureLeaf('apiserver', lab, { commonName: 'kube-apiserver', hosts: apiHosts, usages: ['server'] }),
      this.#ensureLeaf('apiserver-kubelet-client', lab, { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'], usages: ['client'] }),
      this.#ensureLeaf('admin', lab, { commonName: 'kubernetes-admin', organizations: ['system:masters'], usages: ['client'] }),
      this.#ensureLeaf('scheduler', lab, { commonName: 'system:kube-scheduler', hosts: loopback, usages: both }),
      this.#ensureLeaf('controller-manager', lab, { commonName: 'system:kube-controller-manager', hosts: loopback, usages: both }),
      this.#ensureLeaf('cloud-controller-manager', lab, { commonName: 'system:cloud-controller-manager', hosts: loopback, usages: both }),
      this.#ensureLeaf('metrics-server', lab, { commonName: 'system:metrics-server', hosts: ['metrics-server.kube-system.svc', ...loopback], usages: both }),
      this.#ensureLeaf('kube-proxy', lab, { commonName: 'system:kube-proxy', usages: ['client'] }),
      this.#ensureLeaf('overlay', lab, { commonName: 'system:overlay', organizations: ['system:overlay'], usages: ['client'] }),
      this.#ensureLeaf('etcd-server', etcd, { commonName: 'etcd', hosts: loopback, usages: both }),
      this.#ensureLeaf('apiserver-etcd-client', etcd, { commonName: 'kube-apiserver-etcd-client', usages: ['client'] }),
      this.#ensureLeaf('front-proxy-client', frontProxy, { commonName: 'front-proxy-client', usages: ['client'] }),
    ])
  }

  /** PK5 */
  async spoilApiServer(how: 'expired' | 'unknown-authority' | 'wrong-name'): Promise<void> {
    const now = this.#options.now()
    const authority = how === 'unknown-authority' ? await createAuthority('nobody', now) : await this.#ensureAuthority('ca', 'kubernetes')
    const { subjectAltName } = new X509Certificate(this.readLeaf('apiserver').certificate)
    const hosts = how === 'wrong-name' ? ['elsewhere.invalid'] : (subjectAltName ?? '').split(', ').map(name => name.slice(name.indexOf(':') + 1))
    this.#write('apiserver', await issueLeaf(authority, { commonName: 'kube-apiserver', hosts, usages: ['server'] }, how === 'expired' ? now - 2 * leafDays * 86_400_000 : now, leafDays))
  }

  /** Certificates of a worker; its server certificate names the node and the addresses it is dialled at. */
  async ensureNode(node: string, addresses: readonly string[]): Promise<NodeCertificates> {
    const lab = await this.#ensureAuthority('ca', 'kubernetes')
    const [kubeletClient, kubeletServer] = await Promise.all([
      this.#ensureLeaf(`node-${node}-client`, lab, { commonName: `system:node:${node}`, organizations: ['system:nodes'], usages: ['client'] }),
      this.#ensureLeaf(`node-${node}-server`, lab, { commonName: `system:node:${node}`, organizations: ['system:nodes'], hosts: [node, '127.0.0.1', ...addresses], usages: ['server'] }),
    ])
    return { authority: lab.certificate, kubeletClient, kubeletServer }
  }

  /** Certificates of the process that plays simulated nodes; its server certificate names every node's address. */
  async ensureSimulatedKubelets(user: string, addresses: readonly string[]): Promise<void> {
    const lab = await this.#ensureAuthority('ca', 'kubernetes')
    await Promise.all([
      this.#ensureLeaf('simulated-kubelets-client', lab, { commonName: user, organizations: ['system:nodes'], usages: ['client'] }),
      this.#ensureLeaf('simulated-kubelets-server', lab, { commonName: user, hosts: ['localhost', '127.0.0.1', ...addresses], usages: ['server'] }),
    ])
  }

  path(file: string): string {
    return join(this.#options.dir, file)
  }

  readLeaf(name: LeafName): KeyAndCertificate {
    const held = this.#read(name)
    if (held === undefined) throw new Error(`the certificate ${this.path(`${name}.crt`)} is missing; run kubarium up again, which makes it`)
    return held
  }

  readAuthority(): string {
    const text = readTextIfAny(this.path('ca.crt'))
    if (text === undefined) throw new Error(`the lab's authority ${this.path('ca.crt')} is missing; run kubarium up again, which makes it`)
    return text
  }

  kubeconfig(leaf: LeafName | KeyAndCertificate, user: string, server: string, cluster: string): string {
    const { key, certificate } = typeof leaf === 'string' ? this.readLeaf(leaf) : leaf
    return renderKubeconfig({ cluster, user, server, authority: this.readAuthority(), certificate, key })
  }

  async #ensureAuthority(name: string, commonName: string): Promise<KeyAndCertificate> {
    const known = this.#authorities.get(name)
    if (known !== undefined) return known
    const held = this.#read(name) ?? (await createAuthority(commonName, this.#options.now())) // PK3
    this.#write(name, held)
    this.#authorities.set(name, held)
    return held
  }

  async #ensureLeaf(name: string, authority: KeyAndCertificate, request: LeafRequest): Promise<KeyAndCertificate> {
    const held = this.#read(name)
    if (held !== undefined && answersRequest(held, authority, request, this.#options.now())) return held // PK2
    const issued = await issueLeaf(authority, request, this.#options.now())
    this.#write(name, issued)
    return issued
  }

  async #ensureSigningPair(): Promise<void> {
    if (readTextIfAny(this.path('sa.key')) !== undefined && readTextIfAny(this.path('sa.pub')) !== undefined) return
    const pair = await createSigningPair()
    writePrivateFile(this.path('sa.key'), pair.privateKey)
    writePrivateFile(this.path('sa.pub'), pair.publicKey)
  }

  #read(name: string): KeyAndCertificate | undefined {
    const certificate = readTextIfAny(this.path(`${name}.crt`))
    const key = readTextIfAny(this.path(`${name}.key`))
    return certificate === undefined || key === undefined ? undefined : { certificate, key }
  }

  #write(name: string, pair: KeyAndCertificate): void {
    const held = this.#read(name)
    if (held?.certificate === pair.certificate && held.key === pair.key) return
    writePrivateFile(this.path(`${name}.key`), pair.key)
    writePrivateFile(this.path(`${name}.crt`), pair.certificate) // PK1
  }
}
