/** Allocation stacks merged into a tree of calls, and the tree cut down to its largest nodes. Pure. */

export interface StackTotals {
  /** Innermost first. */
  addresses: readonly bigint[];
  count: number;
  bytes: number;
}

interface Node {
  address: bigint;
  count: number;
  bytes: number;
  children: Map<bigint, Node>;
}

/** A node in a list where parents come before their children. */
export interface FlatNode {
  parent: number;
  address: bigint;
  count: number;
  bytes: number;
}

/** The tree of calls, from main inwards (`callers`) or from the allocation outwards. */
export function callTree(stacks: readonly StackTotals[], order: 'callers' | 'callees'): Node {
  const root: Node = { address: 0n, count: 0, bytes: 0, children: new Map() };
  for (const { addresses, count, bytes } of stacks) {
    let node = root;
    const add = () => {
      node.count += count;
      node.bytes += bytes;
    };
    add();
    for (const address of order === 'callers' ? [...addresses].reverse() : addresses) {
      let child = node.children.get(address);
      if (!child) {
        child = { address, count: 0, bytes: 0, children: new Map() };
        node.children.set(address, child);
      }
      node = child;
      add();
    }
  }
  return root;
}

function size(node: Node): number {
  let sum = 1;
  for (const child of node.children.values()) {
    sum += size(child);
  }
  return sum;
}

/** The `most` largest nodes, the root first; a node is kept only with its parent. */
export function prune(root: Node, most: number): { kept: FlatNode[]; omitted: number } {
  const kept: FlatNode[] = [];
  // A child has at most the bytes of its parent, so the largest candidate is the largest that is left.
  const candidates = new Heap();
  candidates.push({ node: root, parent: -1 });
  for (let next = candidates.pop(); next && kept.length < most; next = candidates.pop()) {
    const { node, parent } = next;
    const index = kept.push({ parent, address: node.address, count: node.count, bytes: node.bytes }) - 1;
    for (const child of node.children.values()) {
      candidates.push({ node: child, parent: index });
    }
    if (kept.length === most) {
      break;
    }
  }
  return { kept, omitted: size(root) - kept.length };
}

interface Candidate {
  node: Node;
  parent: number;
}

/** A binary heap, the most bytes on top. */
class Heap {
  private readonly items: Candidate[] = [];

  push(item: Candidate): void {
    let at = this.items.push(item) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (this.at(up).node.bytes >= item.node.bytes) {
        break;
      }
      this.items[at] = this.at(up);
      at = up;
    }
    this.items[at] = item;
  }

  pop(): Candidate | undefined {
    const top = this.items[0];
    const last = this.items.pop();
    if (!last || !top || this.items.length === 0) {
      return top;
    }
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.items.length) {
        break;
      }
      if (child + 1 < this.items.length && this.at(child + 1).node.bytes > this.at(child).node.bytes) {
        child++;
      }
      if (this.at(child).node.bytes <= last.node.bytes) {
        break;
      }
      this.items[at] = this.at(child);
      at = child;
    }
    this.items[at] = last;
    return top;
  }

  private at(index: number): Candidate {
    return this.items[index] as Candidate;
  }
}
