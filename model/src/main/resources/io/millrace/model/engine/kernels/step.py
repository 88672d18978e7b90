  # Room for the keys and values of texts that go on being read: for each layer two tensors [B, K, L, D] in fp32, which is
  # what attention computes in; L is the room in cells.
  def cache(self: __torch__.Kernels, layers: List[Tensor], depth: int, texts: int, key_heads: int, cells: int,
      width: int) -> List[Tensor]:
    cache = annotate(List[Tensor], [])
    for i in range(2 * depth):
      _0 = torch.append(cache, torch.new_empty(layers[0], [texts, key_heads, cells, width], dtype=6))
    return cache

  # Puts in the cache's place, tensor by tensor, so that no second one is ever held, that of chosen rows [B], which may be
  # repeated: their first `filled` cells, and room for `cells`.
  def choose(self: __torch__.Kernels, cache: List[Tensor], rows: Tensor, filled: int, cells: int) -> NoneType:
    for i in range(torch.len(cache)):
      old = cache[i]
      room = torch.new_empty(old, [torch.size(rows, 0), torch.size(old, 1), cells, torch.size(old, 3)])
      chosen = torch.index_select(torch.slice(old, 2, 0, filled), 0, (self).beside(rows, old))
      _0 = torch.copy_(torch.slice(room, 2, 0, filled), chosen)
      _1 = torch._set_item(cache, i, room)
    return None

  # Leaves of an encoder's keys and values, see across(), some rows only, in the same way.
  def choose_across(self: __torch__.Kernels, across: List[Tensor], rows: Tensor) -> NoneType:
    for i in range(torch.len(across)):
      _0 = torch._set_item(across, i, torch.index_select(across[i], 0, (self).beside(rows, across[i])))
    return None

  # Writes keys and values [B, K, T, D] into a layer's two tensors of a cache, at texts from `text` and cells from `cell` on.
  def keep(self: __torch__.Kernels, kept: List[Tensor], text: int, cell: int, key: Tensor, value: Tensor) -> NoneType:
    texts = torch.size(key, 0)
    cells = torch.size(key, 2)
    keys = torch.slice(torch.slice(kept[0], 0, text, text + texts), 2, cell, cell + cells)
    values = torch.slice(torch.slice(kept[1], 0, text, text + texts), 2, cell, cell + cells)
    _0 = torch.copy_(keys, key)
    _1 = torch.copy_(values, value)
    return None

  # States [B, H] of one more cell of each of B texts, whose earlier cells' keys and values are in the cache, to which the
  # new ones are added: the last rows of what stack() gives for the whole texts, under the causal mask.
  #
  # ids, positions [B] int32. runs: of consecutive texts of one length: how many, and cells in the cache.
  # groups: encoded texts, texts that read each of them, cells of each; either of the first two is 1.
  # The rest as in stack().
  def step(self: __torch__.Kernels, ids: Tensor, positions: Tensor, runs: List[int], groups: List[int],
      across: List[Tensor], cache: List[Tensor], table: List[Tensor], rotation: List[Tensor], bias: Tensor,
      layers: List[Tensor], last: List[Tensor], local: List[bool], reach: int, heads: int, key_heads: int, width: int,
      scale: float, causal: bool, root_mean_square: bool, before: bool, epsilon: float, activation: str,
      gated: bool) -> Tensor:
    ids = (self).beside(ids, table[0])
    x = (self).in_eights((self).embed(ids, (self).beside(positions, ids), torch.slice(ids, 0, 0, 0), table, epsilon))
    depth = torch.len(local)
    slots = torch.len(layers) // depth
    for i in range(depth):
      k = slots * i
      kept = torch.slice(cache, 2 * i, 2 * i + 2)
      qkv = (self).attention_input(x, layers, k, root_mean_square, before, epsilon)
      if local[i]:
        a = (self).attention_step(qkv, runs, kept, reach, bias, layers, k, rotation, 2, heads, key_heads, width, scale,
            root_mean_square, epsilon)
      else:
        a = (self).attention_step(qkv, runs, kept, -1, bias, layers, k, rotation, 0, heads, key_heads, width, scale,
            root_mean_square, epsilon)
      x = (self).attention_output(x, a, layers, k, root_mean_square, before, epsilon)
      if torch.len(across) > 0:
        x = (self).cross(x, across[i], groups, True, layers, k + 20, heads, width, scale, root_mean_square, epsilon)
      x = (self).feed_forward(x, layers, k, root_mean_square, before, epsilon, activation, gated)
    return torch.slice((self).finish(x, last, root_mean_square, epsilon), 0, 0, torch.size(ids, 0))

  # Self-attention of the new cells' rows [B, (A + 2K) D] over the cache and themselves: [B, A * D]. Nothing needs a mask:
  # what lies outside a window is left out.
  def attention_step(self: __torch__.Kernels, qkv: Tensor, runs: List[int], kept: List[Tensor], reach: int, bias: Tensor,
      layers: List[Tensor], k: int, rotation: List[Tensor], turn: int, heads: int, key_heads: int, width: int,
      scale: float, root_mean_square: bool, epsilon: float) -> Tensor:
    parts = annotate(List[Tensor], [])
    text = 0
    for r in range(torch.len(runs) // 2):
      end = text + runs[2 * r]
      past = runs[2 * r + 1]
      query, key, value = (self).attention_heads(torch.slice(qkv, 0, text, end), end - text, past, layers, k, rotation,
          turn, heads, key_heads, width, root_mean_square, epsilon)
      _0 = (self).keep(kept, text, past, key, value)
      first = 0
      if torch.__and__(reach >= 0, past > reach):
        first = past - reach
      keys = torch.slice(torch.slice(kept[0], 0, text, end), 2, first, past + 1)
      values = torch.slice(torch.slice(kept[1], 0, text, end), 2, first, past + 1)
      # Query heads that share keys stand where positions do: [B, K, A / K, D].
      query = torch.reshape(torch.to(query, 6), [end - text, key_heads, heads // key_heads, width])
      mask = annotate(Optional[Tensor], None)
      if torch.numel(bias) > 0:
        own = torch.size(bias, 1) // 2
        near = torch.slice(bias, 1, own - past + first, own + 1)
        mask = torch.expand(torch.unsqueeze(torch.unsqueeze(near, 1), 0), [end - text, heads, 1, past + 1 - first])
      a = torch.scaled_dot_product_attention(query, keys, values, mask, 0., False, scale=scale)
      _1 = torch.append(parts, torch.reshape(a, [end - text, heads * width]))
      text = end
    return (self).stacked(parts, text, torch.size(qkv, 0))

  # Logits [B, V] of states [B, H], in fp32, where Java can read them. projection: a linear layer.
  def logits(self: __torch__.Kernels, states: Tensor, projection: List[Tensor], scale: float) -> Tensor:
    y = torch.to((self).linear((self).in_eights(states), projection, 0), 6)
    return torch.to(torch.mul_(torch.slice(y, 0, 0, torch.size(states, 0)), scale), torch.device("cpu"))
