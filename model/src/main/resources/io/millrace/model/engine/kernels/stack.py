  # Layer norm or root-mean-square norm over the last dimension, in fp32. Two slots from k on: scale, shift; an empty scale
  # means no norm at all, an empty shift none.
  def norm(self: __torch__.Kernels, x: Tensor, weights: List[Tensor], k: int, root_mean_square: bool,
      epsilon: float) -> Tensor:
    scale = weights[k]
    if torch.numel(scale) == 0:
      y = x
    elif root_mean_square:
      # libtorch's bf16 root rounds twice at the end of an array, and once before it.
      z = torch.to(x, 6)
      y = z * torch.rsqrt(torch.mean(z * z, [-1], True) + epsilon) * scale
    elif torch.numel(weights[k + 1]) == 0:
      y = torch.layer_norm(torch.to(x, 6), [torch.size(x, -1)], scale, None, epsilon)
    else:
      y = torch.layer_norm(torch.to(x, 6), [torch.size(x, -1)], scale, weights[k + 1], epsilon)
    return y

  # What a stack's first layer reads: [N, H].
  #
  # ids [N] int32; positions [N] int32 within their texts; segments [N] int32, or no elements if all are of the first.
  # table: words [V, W], positions [P, H] or empty, norm (2 slots), projection to H (3 slots, or empty), segments [S, H] or
  # empty.
  def embed(self: __torch__.Kernels, ids: Tensor, positions: Tensor, segments: Tensor, table: List[Tensor], epsilon: float) -> Tensor:
    x = torch.to(torch.embedding(table[0], ids), 6)
    if torch.numel(table[4]) > 0:
      x = torch.to((self).linear(x, table, 4), 6)
    if torch.numel(table[7]) > 0:
      if torch.numel(segments) > 0:
        x = x + torch.embedding(table[7], segments)
      else:
        x = x + torch.select(table[7], 0, 0)
    if torch.numel(table[1]) > 0:
      x = x + torch.embedding(table[1], positions)
    return (self).norm(x, table, 2, False, epsilon)

  # What is added to attention's products [B or 1, A or 1, T, T] of B texts of one length T: a number that leaves exactly
  # nothing of a weight for keys that may not be seen, and a bias by distance. Finite, so that a query that sees no key gives
  # a number all the same. Empty if nothing is to be added, but for the causal mask, which attention knows by itself.
  #
  # keys: 1 for cells that may be seen, those of these texts from `begin` on; no elements if all may.
  # reach: positions seen to each side, -1 for all. bias [A, 2P - 1] by distance, or empty.
  def attention_mask(self: __torch__.Kernels, keys: Tensor, begin: int, texts: int, t: int, causal: bool, reach: int,
      bias: Tensor) -> Tensor:
    windowed = False
    if reach >= 0:
      windowed = reach < t - 1
    device = ops.prim.device(keys)
    mask = torch.zeros([0], device=device)
    if windowed or torch.numel(keys) > 0 or torch.numel(bias) > 0:
      distance = torch.unsqueeze(torch.arange(t, device=device), 0) - torch.unsqueeze(torch.arange(t, device=device), 1)
      hidden = torch.zeros([1, 1, t, t], dtype=11, device=device)
      if causal:
        hidden = torch.logical_or(hidden, torch.gt(distance, 0))
      if windowed:
        hidden = torch.logical_or(hidden, torch.gt(torch.abs(distance), reach))
      if torch.numel(keys) > 0:
        cells = torch.slice(keys, 0, begin, begin + texts * t)
        hidden = torch.logical_or(hidden, torch.view(torch.eq(cells, 0), [texts, 1, 1, t]))
      added = torch.zeros([1, 1, t, t], device=device)
      if torch.numel(bias) > 0:
        places = torch.reshape(distance + torch.size(bias, 1) // 2, [t * t])
        added = torch.view(torch.index_select(bias, 1, places), [1, torch.size(bias, 0), t, t])
      mask = torch.masked_fill(torch.expand(added, [torch.size(hidden, 0), torch.size(added, 1), t, t]), hidden, -1.0e30)
    return mask

  # Rotates heads [B, A, T, D] by position, the first being `begin`. rotation: cosines and sines [P, D].
  def rotate(self: __torch__.Kernels, x: Tensor, rotation: List[Tensor], k: int, begin: int) -> Tensor:
    half = torch.size(x, 3) // 2
    cosines = torch.slice(rotation[k], 0, begin, begin + torch.size(x, 2))
    sines = torch.slice(rotation[k + 1], 0, begin, begin + torch.size(x, 2))
    turned = torch.cat([torch.neg(torch.slice(x, 3, half)), torch.slice(x, 3, 0, half)], 3)
    return x * cosines + turned * sines

  # Columns [begin, end) of rows [B * T, C] as heads [B, A, T, D].
  def heads(self: __torch__.Kernels, rows: Tensor, texts: int, begin: int, end: int, width: int) -> Tensor:
    columns = torch.slice(rows, 1, begin, end)
    split = torch.reshape(columns, [texts, torch.size(rows, 0) // texts, (end - begin) // width, width])
    return torch.transpose(split, 1, 2)

  # softmax(scale * Q K' + mask) V: from heads [B, A, T, D] and [B, K, S, D] to rows [B * T, A * D]. In fp32 on a CPU, where
  # libtorch's bf16 takes a third longer (T = 128, A = 12, D = 64).
  def attend(self: __torch__.Kernels, q: Tensor, k: Tensor, v: Tensor, mask: Tensor, causal: bool,
      scale: float) -> Tensor:
    if ops.prim.is_cpu(q):
      q = torch.to(q, 6)
      k = torch.to(k, 6)
      v = torch.to(v, 6)
    group = torch.size(q, 1) // torch.size(k, 1)
    if group > 1:
      k = torch.repeat_interleave(k, group, 1)
      v = torch.repeat_interleave(v, group, 1)
    if torch.numel(mask) > 0:
      shape = [torch.size(q, 0), torch.size(q, 1), torch.size(q, 2), torch.size(k, 2)]
      if ops.prim.dtype(q) == 5:
        # The least that fp16 holds is -65,504; below is minus infinity, and a query that sees no key would give no number.
        mask = torch.clamp_min(mask, -60000.)
      mask = torch.expand(torch.to(mask, ops.prim.dtype(q)), shape)
      a = torch.scaled_dot_product_attention(q, k, v, mask, 0., False, scale=scale)
    else:
      a = torch.scaled_dot_product_attention(q, k, v, None, 0., causal, scale=scale)
    a = torch.transpose(a, 1, 2)
    return torch.reshape(a, [torch.size(q, 0) * torch.size(q, 2), torch.size(q, 1) * torch.size(q, 3)])

  # x [N, H] and rows of nothing, up to a multiple of 8: oneDNN compiles code for each number of rows it meets, for each
  # shape of weight, which takes 0.2 to 0.5 ms, and keeps the 1,024 pieces used last.
  def in_eights(self: __torch__.Kernels, x: Tensor) -> Tensor:
    y = x
    spare = torch.remainder(-torch.size(x, 0), 8)
    if spare > 0:
      y = torch.cat([x, torch.new_zeros(x, [spare, torch.size(x, 1)])])
    return y

  # Hidden states [N, H] of a stack of transformer layers over N cells, text after text, without padding. Linear layers see
  # rows and never whose they are; attention goes through the texts, those of one length together. So a text's states are
  # the same whatever is computed beside it.
  #
  # ids, positions, segments [N] int32: see embed(). keys [N]: 1 for cells that attention may look at; no elements if all are.
  # These four may lie anywhere; the result lies beside the weights.
  # groups: of consecutive texts of one length: how many, cells of each, and cells of each in the encoder (or 0).
  # across: for each layer an encoder's keys and values, see across(); or nothing.
  # cache: for each layer room for keys and values of the texts, see cache(), which are left there; or nothing.
  # table: see embed(). rotation: cosines and sines of global layers, then of local ones; empty for none.
  # bias: by distance [A, 2P - 1], or empty.
  # layers, a layer's 20 slots, or 31 with cross-attention:
  #    0 attention norm (2)    2 queries, keys, values (3)    5 query norm (2)    7 key norm (2)    9 output (3)
  #   12 feed-forward norm (2)    14 expand (3)    17 contract (3)    20 ... cross-attention: see cross()
  # last: final norm (2), final projection (3, or empty).
  # local: for each layer whether it sees a window; reach of that window, -1 for none.
  def stack(self: __torch__.Kernels, ids: Tensor, positions: Tensor, segments: Tensor, keys: Tensor,
      groups: List[int], across: List[Tensor], cache: List[Tensor], table: List[Tensor], rotation: List[Tensor],
      bias: Tensor, layers: List[Tensor], last: List[Tensor], local: List[bool], reach: int, heads: int, key_heads: int,
      width: int, scale: float, causal: bool, root_mean_square: bool, before: bool, epsilon: float, activation: str,
      gated: bool) -> Tensor:
    keys = (self).beside(keys, table[0])
    x = (self).in_eights((self).embed((self).beside(ids, table[0]), (self).beside(positions, table[0]),
        (self).beside(segments, table[0]), table, epsilon))
    masks = annotate(List[Tensor], [])
    near = annotate(List[Tensor], [])
    begin = 0
    for g in range(torch.len(groups) // 3):
      texts = groups[3 * g]
      t = groups[3 * g + 1]
      _0 = torch.append(masks, (self).attention_mask(keys, begin, texts, t, causal, -1, bias))
      _1 = torch.append(near, (self).attention_mask(keys, begin, texts, t, causal, reach, bias))
      begin = begin + texts * t
    depth = torch.len(local)
    slots = torch.len(layers) // depth
    for i in range(depth):
      k = slots * i
      kept = torch.slice(cache, 2 * i, 2 * i + 2)
      qkv = (self).attention_input(x, layers, k, root_mean_square, before, epsilon)
      if local[i]:
        a = (self).attention(qkv, groups, near, kept, layers, k, rotation, 2, heads, key_heads, width, scale, causal,
            root_mean_square, epsilon)
      else:
        a = (self).attention(qkv, groups, masks, kept, layers, k, rotation, 0, heads, key_heads, width, scale, causal,
            root_mean_square, epsilon)
      x = (self).attention_output(x, a, layers, k, root_mean_square, before, epsilon)
      if torch.len(across) > 0:
        x = (self).cross(x, across[i], groups, False, layers, k + 20, heads, width, scale, root_mean_square, epsilon)
      x = (self).feed_forward(x, layers, k, root_mean_square, before, epsilon, activation, gated)
    return torch.slice((self).finish(x, last, root_mean_square, epsilon), 0, 0, torch.size(ids, 0))

  # Queries, keys and values [N, (A + 2K) D] of the layer in slots from k on.
  def attention_input(self: __torch__.Kernels, x: Tensor, layers: List[Tensor], k: int, root_mean_square: bool,
      before: bool, epsilon: float) -> Tensor:
    a = x
    if before:
      a = (self).norm(x, layers, k, root_mean_square, epsilon)
    return (self).linear(a, layers, k + 2)

  # x [N, H] and what attention a [N, A * D] adds to it.
  def attention_output(self: __torch__.Kernels, x: Tensor, a: Tensor, layers: List[Tensor], k: int,
      root_mean_square: bool, before: bool, epsilon: float) -> Tensor:
    return (self).joined(x, (self).linear(a, layers, k + 9), layers, k, root_mean_square, before, epsilon)

  # The layer's feed-forward block: [N, H].
  def feed_forward(self: __torch__.Kernels, x: Tensor, layers: List[Tensor], k: int, root_mean_square: bool, before: bool,
      epsilon: float, activation: str, gated: bool) -> Tensor:
    y = (self).feed_forward_branch(x, layers, k, root_mean_square, before, epsilon, activation, gated)
    return (self).joined(x, y, layers, k + 12, root_mean_square, before, epsilon)

  # x [N, H] and what a block adds to it, y [N, H], normed where norms come after blocks; k: the block's norm.
  def joined(self: __torch__.Kernels, x: Tensor, y: Tensor, layers: List[Tensor], k: int, root_mean_square: bool,
      before: bool, epsilon: float) -> Tensor:
    z = x + y
    if not before:
      z = (self).norm(z, layers, k, root_mean_square, epsilon)
    return z

  # What the layer's feed-forward block adds: [N, H].
  def feed_forward_branch(self: __torch__.Kernels, x: Tensor, layers: List[Tensor], k: int, root_mean_square: bool,
      before: bool, epsilon: float, activation: str, gated: bool) -> Tensor:
    f = x
    if before:
      f = (self).norm(x, layers, k + 12, root_mean_square, epsilon)
    if gated:
      f = (self).linear(f, layers, k + 14)
      inner = torch.size(f, 1) // 2
      f = (self).activate(torch.slice(f, 1, 0, inner), activation) * torch.slice(f, 1, inner)
    else:
      f = (self).linear_activated(f, layers, k + 14, activation)
    return (self).linear(f, layers, k + 17)

  # What comes behind the last layer: [N, H].
  def finish(self: __torch__.Kernels, x: Tensor, last: List[Tensor], root_mean_square: bool, epsilon: float) -> Tensor:
    y = (self).norm(x, last, 0, root_mean_square, epsilon)
    if torch.numel(last[2]) > 0:
      y = torch.to((self).linear(y, last, 2), 6)
    return y

  # Self-attention over rows [N, (A + 2K) D] of queries, keys and values, group by group: [N, A * D].
  # kept: the layer's cache, to be filled, or nothing. layers, k: see stack(); turn: where rotation's tables for this layer
  # begin.
  def attention(self: __torch__.Kernels, qkv: Tensor, groups: List[int], masks: List[Tensor], kept: List[Tensor],
      layers: List[Tensor], k: int, rotation: List[Tensor], turn: int, heads: int, key_heads: int, width: int,
      scale: float, causal: bool, root_mean_square: bool, epsilon: float) -> Tensor:
    parts = annotate(List[Tensor], [])
    begin = 0
    text = 0
    for g in range(torch.len(groups) // 3):
      texts = groups[3 * g]
      end = begin + texts * groups[3 * g + 1]
      query, key, value = (self).attention_heads(torch.slice(qkv, 0, begin, end), texts, 0, layers, k, rotation, turn,
          heads, key_heads, width, root_mean_square, epsilon)
      if torch.len(kept) > 0:
        _0 = (self).keep(kept, text, 0, key, value)
      _1 = torch.append(parts, (self).attend(query, key, value, masks[g], causal, scale))
      begin = end
      text = text + texts
    return (self).stacked(parts, begin, torch.size(qkv, 0))

  # Queries [B, A, T, D], keys and values [B, K, T, D] of rows [B * T, (A + 2K) D], normed and turned to their positions, the
  # first being `first`.
  def attention_heads(self: __torch__.Kernels, rows: Tensor, texts: int, first: int, layers: List[Tensor], k: int,
      rotation: List[Tensor], turn: int, heads: int, key_heads: int, width: int, root_mean_square: bool,
      epsilon: float) -> Tuple[Tensor, Tensor, Tensor]:
    query = (self).heads(rows, texts, 0, heads * width, width)
    key = (self).heads(rows, texts, heads * width, (heads + key_heads) * width, width)
    value = (self).heads(rows, texts, (heads + key_heads) * width, (heads + 2 * key_heads) * width, width)
    query = (self).norm(query, layers, k + 5, root_mean_square, epsilon)
    key = (self).norm(key, layers, k + 7, root_mean_square, epsilon)
    if torch.len(rotation) > 0:
      query = torch.to((self).rotate(query, rotation, turn, first), ops.prim.dtype(value))
      key = torch.to((self).rotate(key, rotation, turn, first), ops.prim.dtype(value))
    return (query, key, value)

  # Parts of `cells` rows in all as one, and rows of zeros up to `rows`.
  def stacked(self: __torch__.Kernels, parts: List[Tensor], cells: int, rows: int) -> Tensor:
    if rows > cells:
      _0 = torch.append(parts, torch.new_zeros(parts[0], [rows - cells, torch.size(parts[0], 1)]))
    if torch.len(parts) == 1:
      a = parts[0]
    else:
      a = torch.cat(parts, 0)
    return a

  # Keys and values [M, 2 A D] of an encoder's states [M, H], for each layer of a decoder; layers: see stack().
  def across(self: __torch__.Kernels, encoded: Tensor, layers: List[Tensor], depth: int) -> List[Tensor]:
    slots = torch.len(layers) // depth
    keys = annotate(List[Tensor], [])
    for i in range(depth):
      _0 = torch.append(keys, (self).linear(encoded, layers, slots * i + 25))
    return keys

  # A block of attention over an encoder's keys and values [M, 2 A D], with a norm before it. 11 slots from k on:
  # norm (2), queries (3), keys and values (3), output (3).
  # alone: whether each cell of a group is given to attention by itself, so that its result does not depend on how many there
  # are; then a group has one text, or one cell of each.
  def cross(self: __torch__.Kernels, x: Tensor, both: Tensor, groups: List[int], alone: bool, layers: List[Tensor], k: int,
      heads: int, width: int, scale: float, root_mean_square: bool, epsilon: float) -> Tensor:
    return x + (self).cross_branch(x, both, groups, alone, layers, k, heads, width, scale, root_mean_square, epsilon)

  # What that block adds: [N, H].
  def cross_branch(self: __torch__.Kernels, x: Tensor, both: Tensor, groups: List[int], alone: bool, layers: List[Tensor],
      k: int, heads: int, width: int, scale: float, root_mean_square: bool, epsilon: float) -> Tensor:
    queries = (self).linear((self).norm(x, layers, k, root_mean_square, epsilon), layers, k + 2)
    return (self).linear((self).cross_attention(queries, both, groups, alone, heads, width, scale), layers, k + 8)

  # Attention of queries [N, A D] over an encoder's keys and values: [N, A D].
  def cross_attention(self: __torch__.Kernels, queries: Tensor, both: Tensor, groups: List[int], alone: bool, heads: int,
      width: int, scale: float) -> Tensor:
    inner = heads * width
    parts = annotate(List[Tensor], [])
    begin = 0
    first = 0
    for g in range(torch.len(groups) // 3):
      texts = groups[3 * g]
      end = begin + texts * groups[3 * g + 1]
      stop = first + texts * groups[3 * g + 2]
      states = torch.slice(both, 0, first, stop)
      readers = texts
      if alone:
        readers = end - begin
      query = (self).heads(torch.slice(queries, 0, begin, end), readers, 0, inner, width)
      key = torch.expand((self).heads(states, texts, 0, inner, width), [readers, -1, -1, -1])
      value = torch.expand((self).heads(states, texts, inner, 2 * inner, width), [readers, -1, -1, -1])
      _0 = torch.append(parts, (self).attend(query, key, value, torch.new_zeros(both, [0]), False, scale))
      begin = end
      first = stop
    return (self).stacked(parts, begin, torch.size(queries, 0))
