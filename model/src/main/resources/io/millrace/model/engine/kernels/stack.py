  # Layer norm or root-mean-square norm over the last dimension. Two slots from k on: scale, shift; an empty scale means
  # no norm at all, an empty shift none.
  def norm(self: __torch__.Kernels, x: Tensor, weights: List[Tensor], k: int, root_mean_square: bool,
      epsilon: float) -> Tensor:
    scale = weights[k]
    if torch.numel(scale) == 0:
      y = x
    elif root_mean_square:
      y = x * torch.rsqrt(torch.mean(x * x, [-1], True) + epsilon) * scale
    elif torch.numel(weights[k + 1]) == 0:
      y = torch.layer_norm(x, [torch.size(x, -1)], scale, None, epsilon)
    else:
      y = torch.layer_norm(x, [torch.size(x, -1)], scale, weights[k + 1], epsilon)
    return y

  # What a stack's first layer reads: [N, H].
  #
  # ids [B, T] int32. table: words [V, W], positions [P, H] or empty, norm (2 slots), projection to H (3 slots, or empty).
  def embed(self: __torch__.Kernels, ids: Tensor, table: List[Tensor], epsilon: float) -> Tensor:
    t = torch.size(ids, 1)
    x = torch.to(torch.embedding(table[0], ids), 6)
    x = torch.view(x, [torch.size(ids, 0) * t, -1])
    if torch.numel(table[4]) > 0:
      x = torch.to((self).linear(x, table, 4), 6)
    if torch.numel(table[1]) > 0:
      positions = torch.unsqueeze(torch.slice(table[1], 0, 0, t), 0)
      x = torch.view(x, [torch.size(ids, 0), t, -1]) + positions
      x = torch.view(x, [torch.size(ids, 0) * t, -1])
    return (self).norm(x, table, 2, False, epsilon)

  # What is added to attention's products [B, A, Q, S]: a number that leaves exactly nothing of a weight for keys that may
  # not be seen, and a bias by distance. Finite, so that a padded query that sees no key gives a number all the same.
  #
  # keys [B, S]: 1 for those that may be seen. reach: positions seen to each side, -1 for all. bias [A, 2P - 1] by distance,
  # or empty.
  def attention_mask(self: __torch__.Kernels, keys: Tensor, queries: int, heads: int, causal: bool, reach: int,
      bias: Tensor) -> Tensor:
    b = torch.size(keys, 0)
    s = torch.size(keys, 1)
    hidden = torch.view(torch.eq(keys, 0), [b, 1, 1, s])
    distance = torch.unsqueeze(torch.arange(s), 0) - torch.unsqueeze(torch.arange(queries), 1)
    if causal:
      hidden = torch.logical_or(hidden, torch.gt(distance, 0))
    if reach >= 0:
      hidden = torch.logical_or(hidden, torch.gt(torch.abs(distance), reach))
    if torch.numel(bias) > 0:
      places = torch.reshape(distance + torch.size(bias, 1) // 2, [queries * s])
      added = torch.view(torch.index_select(bias, 1, places), [1, heads, queries, s])
      mask = torch.masked_fill(torch.expand(added, [b, heads, queries, s]), hidden, -1.0e30)
    else:
      mask = torch.masked_fill(torch.zeros([torch.size(hidden, 0), 1, torch.size(hidden, 2), s]), hidden, -1.0e30)
    return torch.expand(mask, [b, heads, queries, s])

  # Rotates heads [B, A, T, D] by position. rotation: cosines and sines [P, D].
  def rotate(self: __torch__.Kernels, x: Tensor, rotation: List[Tensor], k: int) -> Tensor:
    t = torch.size(x, 2)
    half = torch.size(x, 3) // 2
    cosines = torch.slice(rotation[k], 0, 0, t)
    sines = torch.slice(rotation[k + 1], 0, 0, t)
    turned = torch.cat([torch.neg(torch.slice(x, 3, half)), torch.slice(x, 3, 0, half)], 3)
    return x * cosines + turned * sines

  # Columns [begin, end) of rows [N, C] as heads [B, A, T, D].
  def heads(self: __torch__.Kernels, rows: Tensor, texts: int, begin: int, end: int, width: int) -> Tensor:
    columns = torch.slice(rows, 1, begin, end)
    split = torch.reshape(columns, [texts, torch.size(rows, 0) // texts, (end - begin) // width, width])
    return torch.transpose(split, 1, 2)

  # softmax(scale * Q K' + mask) V: from heads [B, A, T, D] and [B, K, S, D] to rows [N, A * D].
  def attend(self: __torch__.Kernels, q: Tensor, k: Tensor, v: Tensor, mask: Tensor, scale: float) -> Tensor:
    group = torch.size(q, 1) // torch.size(k, 1)
    if group > 1:
      k = torch.repeat_interleave(k, group, 1)
      v = torch.repeat_interleave(v, group, 1)
    mask = torch.to(mask, ops.prim.dtype(q))
    a = torch.scaled_dot_product_attention(q, k, v, mask, 0., False, scale=scale)
    a = torch.transpose(a, 1, 2)
    return torch.reshape(a, [torch.size(q, 0) * torch.size(q, 2), torch.size(q, 1) * torch.size(q, 3)])

  # Hidden states [B, T, H] of a stack of transformer layers.
  #
  # ids [B, T] int32; keys [B, T]: 1 for cells that attention may look at.
  # table: see embed(). rotation: cosines and sines of global layers, then of local ones; empty for none.
  # bias: by distance [A, 2P - 1], or empty.
  # layers, a layer's 18 slots, or 29 with cross-attention:
  #    0 attention norm (2)    2 queries, keys, values (3)    5 query norm (2)    7 key norm (2)    9 output (3)
  #   12 feed-forward norm (2)    14 expand (3)    17 contract (3)    20 ... cross-attention: see cross()
  # last: final norm (2), final projection (3, or empty).
  # local: for each layer whether it sees a window; reach of that window, -1 for none.
  # encoded: an encoder's states [B, S, H] and keys [B, S], or nothing.
  def stack(self: __torch__.Kernels, ids: Tensor, keys: Tensor, encoded: List[Tensor], table: List[Tensor],
      rotation: List[Tensor], bias: Tensor, layers: List[Tensor], last: List[Tensor], local: List[bool], reach: int,
      heads: int, key_heads: int, width: int, scale: float, causal: bool, root_mean_square: bool, before: bool,
      epsilon: float, activation: str, gated: bool) -> Tensor:
    b = torch.size(ids, 0)
    t = torch.size(ids, 1)
    x = (self).embed(ids, table, epsilon)
    mask = (self).attention_mask(keys, t, heads, causal, -1, bias)
    near = mask
    if reach >= 0:
      near = (self).attention_mask(keys, t, heads, causal, reach, bias)
    across = mask
    if torch.len(encoded) > 0:
      across = (self).attention_mask(encoded[1], t, heads, False, -1, torch.zeros([0]))
    depth = torch.len(local)
    slots = torch.len(layers) // depth
    for i in range(depth):
      k = slots * i
      a = x
      if before:
        a = (self).norm(x, layers, k, root_mean_square, epsilon)
      qkv = (self).linear(a, layers, k + 2)
      query = (self).heads(qkv, b, 0, heads * width, width)
      key = (self).heads(qkv, b, heads * width, (heads + key_heads) * width, width)
      value = (self).heads(qkv, b, (heads + key_heads) * width, (heads + 2 * key_heads) * width, width)
      query = (self).norm(query, layers, k + 5, root_mean_square, epsilon)
      key = (self).norm(key, layers, k + 7, root_mean_square, epsilon)
      seen = mask
      if local[i]:
        seen = near
      if torch.len(rotation) > 0:
        turn = 0
        if local[i]:
          turn = 2
        query = torch.to((self).rotate(query, rotation, turn), ops.prim.dtype(value))
        key = torch.to((self).rotate(key, rotation, turn), ops.prim.dtype(value))
      a = (self).attend(query, key, value, seen, scale)
      x = x + (self).linear(a, layers, k + 9)
      if not before:
        x = (self).norm(x, layers, k, root_mean_square, epsilon)
      if slots > 20:
        x = (self).cross(x, encoded[0], across, layers, k + 20, heads, width, scale, root_mean_square, epsilon)
      f = x
      if before:
        f = (self).norm(x, layers, k + 12, root_mean_square, epsilon)
      f = (self).linear(f, layers, k + 14)
      if gated:
        inner = torch.size(f, 1) // 2
        f = (self).activate(torch.slice(f, 1, 0, inner), activation) * torch.slice(f, 1, inner)
      else:
        f = (self).activate(f, activation)
      x = x + (self).linear(f, layers, k + 17)
      if not before:
        x = (self).norm(x, layers, k + 12, root_mean_square, epsilon)
    x = (self).norm(x, last, 0, root_mean_square, epsilon)
    if torch.numel(last[2]) > 0:
      x = torch.to((self).linear(x, last, 2), 6)
    return torch.view(x, [b, t, -1])

  # A block of attention over an encoder's states, with a norm before it. 11 slots from k on:
  # norm (2), queries (3), keys and values (3), output (3).
  def cross(self: __torch__.Kernels, x: Tensor, encoded: Tensor, mask: Tensor, layers: List[Tensor], k: int, heads: int,
      width: int, scale: float, root_mean_square: bool, epsilon: float) -> Tensor:
    b = torch.size(encoded, 0)
    states = torch.reshape(encoded, [b * torch.size(encoded, 1), torch.size(encoded, 2)])
    query = (self).linear((self).norm(x, layers, k, root_mean_square, epsilon), layers, k + 2)
    both = (self).linear(states, layers, k + 5)
    inner = heads * width
    a = (self).attend((self).heads(query, b, 0, inner, width), (self).heads(both, b, 0, inner, width),
        (self).heads(both, b, inner, 2 * inner, width), mask, scale)
    return x + (self).linear(a, layers, k + 8)
