  # What training adds to the functions above: hidden states through which gradients flow, and products with the projection
  # whose gradients are computed by hand, because almost none of them is anything but zero.

  # Hidden states [N, H] of stack(), differentiable by every weight. The one way in that records gradients takes arrays
  # alone, so numbers come as arrays and all lists as one.
  #
  # numbers: heads, key heads, width, causal, root mean square, norm before, activation, gated, reach, layers, their kinds
  # (1 for local), groups' numbers, those numbers (see stack()), then how many tensors of each part follow.
  # reals: attention's scale, epsilon, factors of what dropout keeps of states, of attention's weights and of what adapters
  # read.
  # tensors, part by part: ids, positions, segments, keys; an encoder's states [M, H], or none; table; rotation; bias;
  # layers; last; dropped [sites, N, H] bytes, 1 where a state is kept, or none: of the embedding, then of each layer's
  # attention, cross-attention, if there is one, and feed-forward block; hidden: for each layer what is kept of attention's
  # weights, group after group, in one row, or none.
  def learn_stack(self: __torch__.Kernels, numbers: Tensor, reals: Tensor, tensors: List[Tensor]) -> Tensor:
    n = annotate(List[int], [])
    for i in range(torch.size(numbers, 0)):
      _0 = torch.append(n, int(torch.select(numbers, 0, i)))
    heads = n[0]
    key_heads = n[1]
    width = n[2]
    causal = n[3] == 1
    root_mean_square = n[4] == 1
    before = n[5] == 1
    activation = (self).activation_name(n[6])
    gated = n[7] == 1
    reach = n[8]
    depth = n[9]
    local = torch.slice(n, 10, 10 + depth)
    end = 11 + depth + n[10 + depth]
    groups = torch.slice(n, 11 + depth, end)
    scale = float(torch.select(reals, 0, 0))
    epsilon = float(torch.select(reals, 0, 1))
    kept = float(torch.select(reals, 0, 2))
    seen = float(torch.select(reals, 0, 3))
    read = float(torch.select(reals, 0, 4))
    ends = annotate(List[int], [])
    total = 0
    for p in range(torch.size(numbers, 0) - end):
      total = total + n[end + p]
      _1 = torch.append(ends, total)
    keys = tensors[3]
    encoded = torch.slice(tensors, ends[0], ends[1])
    table = torch.slice(tensors, ends[1], ends[2])
    rotation = torch.slice(tensors, ends[2], ends[3])
    bias = tensors[ends[3]]
    layers = torch.slice(tensors, ends[4], ends[5])
    last = torch.slice(tensors, ends[5], ends[6])
    dropped = torch.slice(tensors, ends[6], ends[7])
    hidden = torch.slice(tensors, ends[7], ends[8])
    adapters = torch.slice(tensors, ends[8], ends[9])
    own = torch.len(adapters) // depth
    slots = torch.len(layers) // depth
    across = annotate(List[Tensor], [])
    if torch.len(encoded) > 0:
      for i in range(depth):
        _4 = torch.append(across, (self).adapted(encoded[0], layers, slots * i + 25, adapters, own * i + 15, read))
    masks = annotate(List[Tensor], [])
    near = annotate(List[Tensor], [])
    begin = 0
    for g in range(torch.len(groups) // 3):
      texts = groups[3 * g]
      t = groups[3 * g + 1]
      _2 = torch.append(masks, (self).attention_mask(keys, begin, texts, t, causal, -1, bias))
      _3 = torch.append(near, (self).attention_mask(keys, begin, texts, t, causal, reach, bias))
      begin = begin + texts * t
    x = (self).dropped((self).embed(tensors[0], tensors[1], tensors[2], table, epsilon), dropped, 0, kept)
    biased = torch.numel(bias) > 0
    site = 1
    for i in range(depth):
      k = slots * i
      shares = torch.slice(hidden, i, i + 1)
      at = own * i
      y = x
      if before:
        y = (self).norm(x, layers, k, root_mean_square, epsilon)
      qkv = (self).adapted(y, layers, k + 2, adapters, at, read)
      if local[i] == 1:
        a = (self).learn_attention(qkv, groups, near, biased, shares, seen, layers, k, rotation, 2, heads, key_heads, width,
            scale, causal, root_mean_square, epsilon)
      else:
        a = (self).learn_attention(qkv, groups, masks, biased, shares, seen, layers, k, rotation, 0, heads, key_heads, width,
            scale, causal, root_mean_square, epsilon)
      a = (self).dropped((self).adapted(a, layers, k + 9, adapters, at + 3, read), dropped, site, kept)
      x = (self).joined(x, a, layers, k, root_mean_square, before, epsilon)
      site = site + 1
      if torch.len(across) > 0:
        c = (self).adapted((self).norm(x, layers, k + 20, root_mean_square, epsilon), layers, k + 22, adapters, at + 12, read)
        c = (self).cross_attention(c, across[i], groups, False, heads, width, scale)
        c = (self).adapted(c, layers, k + 28, adapters, at + 18, read)
        x = x + (self).dropped(c, dropped, site, kept)
        site = site + 1
      f = (self).learn_feed_forward(x, layers, k, adapters, at + 6, read, root_mean_square, before, epsilon, activation, gated)
      x = (self).joined(x, (self).dropped(f, dropped, site, kept), layers, k + 12, root_mean_square, before, epsilon)
      site = site + 1
    return (self).finish(x, last, root_mean_square, epsilon)

  # x [N, in] through the linear layer in slots from k on: [N, out], and what adapters beside it add, whose input dropout
  # leaves some of out: B (A (x without it)).
  #
  # adapters: three tensors for each linear layer of a stack, in the order of their slots, those of this one from a on: A of
  # its modules [m r, in], their B [out, m r], and bytes [m, N, in], 1 where x is kept for a module, or none; all empty for
  # a layer without adapters, and no tensors at all for a stack without. read: factor of what is kept.
  def adapted(self: __torch__.Kernels, x: Tensor, layers: List[Tensor], k: int, adapters: List[Tensor], a: int,
      read: float) -> Tensor:
    y = (self).linear(x, layers, k)
    found = torch.len(adapters) > a
    if found:
      found = torch.numel(adapters[a]) > 0
    if found:
      masks = adapters[a + 2]
      modules = torch.size(masks, 0)
      rank = torch.size(adapters[a], 0) // modules
      parts = annotate(List[Tensor], [])
      for i in range(modules):
        kept = x * torch.select(masks, 0, i) * read
        _0 = torch.append(parts, torch.linear(kept, torch.slice(adapters[a], 0, rank * i, rank * (i + 1))))
      y = y + torch.linear(torch.cat(parts, 1), adapters[a + 1])
    return y

  # feed_forward_branch() with adapters, see adapted().
  def learn_feed_forward(self: __torch__.Kernels, x: Tensor, layers: List[Tensor], k: int, adapters: List[Tensor], a: int,
      read: float, root_mean_square: bool, before: bool, epsilon: float, activation: str, gated: bool) -> Tensor:
    f = x
    if before:
      f = (self).norm(x, layers, k + 12, root_mean_square, epsilon)
    f = (self).adapted(f, layers, k + 14, adapters, a, read)
    if gated:
      inner = torch.size(f, 1) // 2
      f = (self).activate(torch.slice(f, 1, 0, inner), activation) * torch.slice(f, 1, inner)
    else:
      f = (self).activate(f, activation)
    return (self).adapted(f, layers, k + 17, adapters, a + 3, read)

  # Name of the activation with a number, see Java's Activation.
  def activation_name(self: __torch__.Kernels, number: int) -> str:
    if number == 0:
      name = "gelu"
    elif number == 1:
      name = "gelu_tanh"
    elif number == 2:
      name = "relu"
    else:
      name = "silu"
    return name

  # x [N, H] without what is dropped at a site, the rest scaled up; x itself if nothing ever is.
  def dropped(self: __torch__.Kernels, x: Tensor, dropped: List[Tensor], site: int, kept: float) -> Tensor:
    y = x
    if torch.len(dropped) > 0:
      y = x * torch.select(dropped[0], 0, site) * kept
    return y

  # attention() for learning; shares: what is kept of its weights, or none, see learn_stack(). biased: whether masks have
  # gradients, which libtorch's own attention leaves out.
  def learn_attention(self: __torch__.Kernels, qkv: Tensor, groups: List[int], masks: List[Tensor], biased: bool,
      shares: List[Tensor], kept: float, layers: List[Tensor], k: int, rotation: List[Tensor], turn: int, heads: int,
      key_heads: int, width: int, scale: float, causal: bool, root_mean_square: bool, epsilon: float) -> Tensor:
    parts = annotate(List[Tensor], [])
    begin = 0
    share = 0
    for g in range(torch.len(groups) // 3):
      texts = groups[3 * g]
      t = groups[3 * g + 1]
      end = begin + texts * t
      query, key, value = (self).attention_heads(torch.slice(qkv, 0, begin, end), texts, 0, layers, k, rotation, turn,
          heads, key_heads, width, root_mean_square, epsilon)
      if torch.len(shares) > 0:
        cells = texts * heads * t * t
        share_of = torch.view(torch.slice(shares[0], 0, share, share + cells), [texts, heads, t, t])
        a = (self).attend_by_definition(query, key, value, masks[g], causal, scale, [share_of], kept)
        share = share + cells
      elif biased:
        a = (self).attend_by_definition(query, key, value, masks[g], causal, scale, shares, kept)
      else:
        a = (self).attend(query, key, value, masks[g], causal, scale)
      _0 = torch.append(parts, a)
      begin = end
    return (self).stacked(parts, begin, torch.size(qkv, 0))

  # attend(), with shares [B, A, T, T] bytes of the weights kept, or all of them.
  def attend_by_definition(self: __torch__.Kernels, q: Tensor, k: Tensor, v: Tensor, mask: Tensor, causal: bool,
      scale: float, shares: List[Tensor], kept: float) -> Tensor:
    group = torch.size(q, 1) // torch.size(k, 1)
    if group > 1:
      k = torch.repeat_interleave(k, group, 1)
      v = torch.repeat_interleave(v, group, 1)
    products = torch.matmul(q, torch.transpose(k, 2, 3)) * scale
    t = torch.size(q, 2)
    if torch.numel(mask) > 0:
      products = products + mask
    elif causal:
      later = torch.triu(torch.ones([t, t], dtype=11), 1)
      products = torch.masked_fill(products, later, -1.0e30)
    weights = torch.softmax(products, -1)
    if torch.len(shares) > 0:
      weights = weights * shares[0] * kept
    a = torch.matmul(weights, v)
    return torch.reshape(torch.transpose(a, 1, 2), [torch.size(q, 0) * t, torch.size(q, 1) * torch.size(q, 3)])

  # Gradients of sum-pooled vectors, see mlm_sum: of x [N, H], which is returned; of the table [V, H] and of the bias [V],
  # which are added to, or have no elements. gradients [B, V] of the vectors. Logits are computed anew, tile by tile.
  def learn_sum_backward(self: __torch__.Kernels, x: Tensor, counts: Tensor, owners: Tensor, gradients: Tensor,
      tiles: List[Tensor], biases: List[Tensor], scale: float, shift: float, logarithms: int, table_gradient: Tensor,
      bias_gradient: Tensor) -> Tensor:
    gradient = torch.zeros_like(x)
    counted = torch.unsqueeze(counts, 1) * scale
    begin = 0
    for i in range(torch.len(tiles)):
      end = begin + torch.size(tiles[i], 0)
      z = torch.linear(x, tiles[i], biases[i]) * scale + shift
      y = torch.relu(z)
      by = torch.to(torch.gt(z, 0), 6) * counted
      for j in range(logarithms):
        by = torch.div(by, y + 1.)
        y = torch.log1p(y)
      by = by * torch.index_select(torch.slice(gradients, 1, begin, end), 0, owners)
      gradient = torch.addmm(gradient, by, tiles[i])
      if torch.numel(table_gradient) > 0:
        _0 = torch.add_(torch.slice(table_gradient, 0, begin, end), torch.matmul(torch.t(by), x))
      if torch.numel(bias_gradient) > 0:
        _1 = torch.add_(torch.slice(bias_gradient, 0, begin, end), torch.sum(by, [0]))
      begin = end
    return gradient

  # Two cross-entropies of the next token, of softmax(z) and of softmax(log1p(relu(z))) with logits z, each summed over rows,
  # and the gradient of their weighted sum: of x [N, H], which is returned; of the table [V, H] and of the bias [V], which are
  # added to, or have no elements. own [n] int64: the rows of x that are looked at; targets [n] int64: what comes next there.
  # Logits are there for some rows at a time.
  def learn_language(self: __torch__.Kernels, x: Tensor, own: Tensor, targets: Tensor, table: Tensor, bias: Tensor, scale: float,
      plain: float, rectified: float, rows: int, table_gradient: Tensor,
      bias_gradient: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    gradient = torch.zeros_like(x)
    first = torch.zeros([1], dtype=7, device=ops.prim.device(x))
    second = torch.zeros([1], dtype=7, device=ops.prim.device(x))
    n = torch.size(own, 0)
    for s in range((n + rows - 1) // rows):
      begin = rows * s
      end = ops.prim.min(begin + rows, n)
      seen = torch.slice(own, 0, begin, end)
      states = torch.index_select(x, 0, seen)
      places = torch.unsqueeze(torch.slice(targets, 0, begin, end), 1)
      z = torch.linear(states, table)
      if torch.numel(bias) > 0:
        z = torch.add_(z, bias)
      z = torch.mul_(z, scale)
      a = torch.relu(z)
      by = torch.log_softmax(z, 1)
      first = torch.sub_(first, torch.sum(torch.gather(by, 1, places)))
      by = torch.mul_(torch.exp_(by), plain)
      by = torch.scatter_add_(by, 1, places, torch.full_like(places, -plain, dtype=6))
      if rectified != 0.:
        u = torch.log_softmax(torch.log1p(a), 1)
        second = torch.sub_(second, torch.sum(torch.gather(u, 1, places)))
        u = torch.mul_(torch.exp_(u), rectified)
        u = torch.scatter_add_(u, 1, places, torch.full_like(places, -rectified, dtype=6))
        u = torch.div_(u, torch.add_(a, 1.))
        by = torch.add_(by, torch.mul_(u, torch.gt(z, 0)))
      by = torch.mul_(by, scale)
      _0 = torch.index_add_(gradient, 0, seen, torch.matmul(by, table))
      if torch.numel(table_gradient) > 0:
        _1 = torch.addmm_(table_gradient, torch.t(by), states)
      if torch.numel(bias_gradient) > 0:
        _2 = torch.add_(bias_gradient, torch.sum(by, [0]))
    return (first, second, gradient)

  # A step of AdamW (Loshchilov and Hutter 2019) as PyTorch's fused form takes it; count: steps so far with this one.
  def learn_adamw(self: __torch__.Kernels, weights: List[Tensor], gradients: List[Tensor], means: List[Tensor],
      squares: List[Tensor], count: Tensor, rate: float, first: float, second: float, decay: float,
      epsilon: float) -> NoneType:
    counts = annotate(List[Tensor], [])
    for i in range(torch.len(weights)):
      _0 = torch.append(counts, count)
    none = annotate(List[Tensor], [])
    ops.aten._fused_adamw_(weights, gradients, means, squares, none, counts, lr=rate, beta1=first, beta2=second, weight_decay=decay, eps=epsilon, amsgrad=False, maximize=False)
    return None

  # Euclidean norm of all gradients together, as torch.nn.utils.clip_grad_norm_ has it.
  def learn_norm(self: __torch__.Kernels, gradients: List[Tensor]) -> Tensor:
    norms = annotate(List[Tensor], [])
    for i in range(torch.len(gradients)):
      _0 = torch.append(norms, torch.norm(gradients[i], 2))
    return torch.norm(torch.stack(norms), 2)

  # Sets gradients to zero, whatever they were.
  def learn_clear(self: __torch__.Kernels, gradients: List[Tensor]) -> NoneType:
    for i in range(torch.len(gradients)):
      _0 = torch.zero_(gradients[i])
    return None

  # Multiplies gradients by a factor, in place.
  def learn_scale(self: __torch__.Kernels, gradients: List[Tensor], factor: float) -> NoneType:
    for i in range(torch.len(gradients)):
      _0 = torch.mul_(gradients[i], factor)
    return None

  # A head's transform of rows [N, H], differentiable; tensors: rows, then transform(), as the slots there, then what
  # adapted() takes for its linear layer, or nothing; reals: epsilon, and the factor of what adapters' dropout keeps.
  def learn_transform(self: __torch__.Kernels, numbers: Tensor, reals: Tensor, tensors: List[Tensor]) -> Tensor:
    activation = (self).activation_name(int(torch.select(numbers, 0, 0)))
    slots = torch.slice(tensors, 1, 6)
    y = (self).adapted(tensors[0], slots, 0, torch.slice(tensors, 6), 0, float(torch.select(reals, 0, 1)))
    return (self).norm((self).activate(y, activation), slots, 3, False, float(torch.select(reals, 0, 0)))

  # For each term of each text the row of x [N, H] whose product with the term is largest, the first of equal ones; rows
  # [B * T]: see mlm_max; terms [n] int64, text after text, counts [B] of them. Products are formed anew, text by text: where
  # few terms are left that is nearly free, and libtorch's maximum with indices over all of them is not.
  def learn_winners(self: __torch__.Kernels, x: Tensor, rows: Tensor, counts: List[int], terms: Tensor,
      table: Tensor) -> Tensor:
    winners = annotate(List[Tensor], [torch.zeros([0], dtype=4)])
    texts = torch.len(counts)
    cells = torch.size(rows, 0) // texts
    begin = 0
    for b in range(texts):
      end = begin + counts[b]
      own = torch.to(torch.slice(rows, 0, b * cells, (b + 1) * cells), 4)
      places = annotate(List[Tensor], [])
      states = torch.index_select(x, 0, own)
      for s in range((counts[b] + 4095) // 4096):
        first = begin + 4096 * s
        some = torch.slice(terms, 0, first, ops.prim.min(first + 4096, end))
        products = torch.linear(states, torch.index_select(table, 0, some))
        _0 = torch.append(winners, torch.index_select(own, 0, torch.argmax(products, 0)))
      begin = end
    return torch.cat(winners, 0)

  # The largest logit of each term of each text, see learn_winners(): scale * (x table' + bias) + shift; bias [V], or none.
  def learn_maxima(self: __torch__.Kernels, x: Tensor, rows: Tensor, counts: List[int], terms: Tensor, table: Tensor,
      bias: Tensor, scale: float, shift: float) -> Tensor:
    maxima = annotate(List[Tensor], [torch.zeros([0])])
    texts = torch.len(counts)
    cells = torch.size(rows, 0) // texts
    begin = 0
    for b in range(texts):
      end = begin + counts[b]
      own = torch.to(torch.slice(rows, 0, b * cells, (b + 1) * cells), 4)
      some = torch.slice(terms, 0, begin, end)
      products = torch.linear(torch.index_select(x, 0, own), torch.index_select(table, 0, some))
      _0 = torch.append(maxima, torch.amax(products, [0]))
      begin = end
    largest = torch.cat(maxima, 0)
    if torch.numel(bias) > 0:
      largest = largest + torch.index_select(bias, 0, terms)
    return largest * scale + shift

  # Gradients of products x[winners] . table[terms] with factors [n]: of x, which is returned [N, H]; of the table and of the
  # bias [V], which are added to. 32,768 products at a time, so that memory stays flat.
  def learn_products_backward(self: __torch__.Kernels, x: Tensor, table: Tensor, winners: Tensor, terms: Tensor,
      factors: Tensor, table_gradient: Tensor, bias_gradient: Tensor) -> Tensor:
    gradient = torch.zeros_like(x)
    n = torch.size(terms, 0)
    for s in range((n + 32767) // 32768):
      first = 32768 * s
      end = ops.prim.min(first + 32768, n)
      some = torch.slice(terms, 0, first, end)
      own = torch.slice(winners, 0, first, end)
      by = torch.unsqueeze(torch.slice(factors, 0, first, end), 1)
      _0 = torch.index_add_(gradient, 0, own, torch.index_select(table, 0, some) * by)
      if torch.numel(table_gradient) > 0:
        _1 = torch.index_add_(table_gradient, 0, some, torch.index_select(x, 0, own) * by)
    if torch.numel(bias_gradient) > 0:
      _2 = torch.index_add_(bias_gradient, 0, terms, factors)
    return gradient

  # EPIC's maxima [B, V] over positions of importance times logit, which softplus and log1p keep in order, and the row of x
  # [N, H] that has each [B, V], int64; rows [B * T]: see mlm_max; importance [N]; tiles, biases: see mlm_sum.
  def learn_epic(self: __torch__.Kernels, x: Tensor, rows: Tensor, texts: int, importance: Tensor, tiles: List[Tensor],
      biases: List[Tensor], scale: float) -> Tuple[Tensor, Tensor]:
    maxima = annotate(List[Tensor], [])
    winners = annotate(List[Tensor], [])
    cells = torch.size(rows, 0) // texts
    for b in range(texts):
      own = torch.to(torch.slice(rows, 0, b * cells, (b + 1) * cells), 4)
      states = torch.index_select(x, 0, own)
      factors = torch.unsqueeze(torch.index_select(importance, 0, own), 1) * scale
      for i in range(torch.len(tiles)):
        most, place = torch.max(torch.mul_(torch.linear(states, tiles[i], biases[i]), factors), 0)
        _0 = torch.append(maxima, most)
        _1 = torch.append(winners, torch.index_select(own, 0, place))
    return (torch.view(torch.cat(maxima, 0), [texts, -1]), torch.view(torch.cat(winners, 0), [texts, -1]))

  # EPIC's weights of those maxima and of the qualities [B, 1] of texts, see sparse().
  def learn_epic_weights(self: __torch__.Kernels, maxima: Tensor, quality: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    return (self).sparse(torch.log1p(torch.softplus(maxima)) * quality)

  # Gradients of a loss whose gradients by EPIC's weights are given [B, V]: by the products that won [B * V], by importances
  # [N] and by qualities [B].
  def learn_epic_backward(self: __torch__.Kernels, maxima: Tensor, winners: Tensor, gradients: Tensor, importance: Tensor,
      quality: Tensor, scale: float) -> Tuple[Tensor, Tensor, Tensor]:
    y = torch.softplus(maxima)
    by_quality = torch.sum(torch.log1p(y) * gradients, [1])
    by = torch.div(gradients * quality * torch.sigmoid(maxima), y + 1.)
    own = torch.reshape(winners, [-1])
    factors = torch.index_select(importance, 0, own)
    by = torch.reshape(by, [-1])
    # Where an importance is 0, all its products are.
    logits = torch.div(torch.reshape(maxima, [-1]), torch.clamp_min(factors, 1.0e-30))
    by_importance = torch.index_add(torch.zeros_like(importance), 0, own, by * logits)
    return (by * factors * scale, by_importance, by_quality)
