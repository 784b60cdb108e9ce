import type { PrivacyClass } from '../../ports/route'
import { BlockList, isIP } from 'node:net'

const LOCAL_NETWORK = new BlockList()
// RFC 1918, RFC 3927, RFC 6598 (shared address space, used by overlay networks), RFC 4193, RFC 4291.
for (const [address, bits] of [['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['169.254.0.0', 16], ['100.64.0.0', 10]] as const)
  LOCAL_NETWORK.addSubnet(address, bits, 'ipv4')
for (const [address, bits] of [['fc00::', 7], ['fe80::', 10]] as const)
  LOCAL_NETWORK.addSubnet(address, bits, 'ipv6')
const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Names that only a local network resolves: mDNS (RFC 6762), RFC 8375, and what routers use. */
const LOCAL_NAME = /\.(?:local|home\.arpa|lan|internal|localdomain)$/

/** How far away an address is, by the address alone: nothing is looked up. A name without a dot is the local network's. */
export function privacyOf(baseUrl: string): PrivacyClass {
  const host = hostOf(baseUrl)
  if (isLoopbackHost(host))
    return 'machine'
  const family = isIP(host)
  if (family !== 0)
    return LOCAL_NETWORK.check(host, family === 4 ? 'ipv4' : 'ipv6') ? 'network' : 'internet'
  return LOCAL_NAME.test(host) || !host.includes('.') ? 'network' : 'internet'
}

/** Whether requests to it stay on this machine, whatever the user says of it. */
export function isLoopback(baseUrl: string): boolean {
  return isLoopbackHost(hostOf(baseUrl))
}

function isLoopbackHost(host: string): boolean {
  const family = isIP(host)
  if (family !== 0)
    return LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6')
  return host === 'localhost' || host.endsWith('.localhost')
}

function hostOf(baseUrl: string): string {
  return new URL(baseUrl).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase()
}
