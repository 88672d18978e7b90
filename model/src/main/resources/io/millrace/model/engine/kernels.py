# The kernel library: stateless functions in TorchScript's serialised form, which Java zips into an archive at start-up
# (see KernelArchive). Weights are arguments, so nothing here belongs to a model.
#
# Legend: B texts, T tokens (padded), H hidden width, A attention heads, V vocabulary, N = B * T rows.
# "Packed" weights come from pack() and are opaque to all but ops.mkldnn.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # A linear weight [out, in] in oneDNN's blocked layout.
  def pack(self: __torch__.Kernels, weight: Tensor) -> Tensor:
    return ops.mkldnn._reorder_linear_weight(weight)

  # x [N, in] times a packed weight [out, in], plus bias [out]: [N, out].
  def linear(self: __torch__.Kernels, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    none = annotate(List[Optional[number]], [])
    return ops.mkldnn._linear_pointwise(x, weight, bias, "none", none, "")

  def activate(self: __torch__.Kernels, x: Tensor, activation: str) -> Tensor:
    if activation == "gelu":
      y = torch.gelu(x)
    elif activation == "gelu_tanh":
      y = torch.gelu(x, approximate="tanh")
    else:
      y = torch.relu(x)
    return y

  # Hidden states [B, T, H] of a BERT encoder.
  #
  # ids [B, T] int32, lengths [B] int32.
  # embeddings: words [V, H], types [2, H], positions [P, H], norm weight and bias [H].
  # layers: 12 a layer: fused query/key/value packed [3H, H] and bias, output packed and bias, norm weight and bias,
  #         feed-forward in packed and bias, out packed and bias, norm weight and bias.
  def bert(self: __torch__.Kernels, ids: Tensor, lengths: Tensor, embeddings: List[Tensor], layers: List[Tensor],
      heads: int, epsilon: float, activation: str) -> Tensor:
    b = torch.size(ids, 0)
    t = torch.size(ids, 1)
    h = torch.size(embeddings[0], 1)
    words = torch.embedding(embeddings[0], ids)
    x = words + torch.select(embeddings[1], 0, 0) + torch.slice(embeddings[2], 0, 0, t)
    x = torch.layer_norm(x, [h], embeddings[3], embeddings[4], epsilon)
    x = torch.view(x, [b * t, h])
    # Keys beyond a text's length get -inf, so their attention is exactly 0 whatever they hold.
    padding = torch.ge(torch.unsqueeze(torch.arange(t), 0), torch.unsqueeze(lengths, 1))
    mask = torch.masked_fill(torch.zeros([b, t]), padding, -inf)
    mask = torch.expand(torch.view(mask, [b, 1, 1, t]), [b, heads, t, t])
    for i in range(torch.len(layers) // 12):
      k = 12 * i
      qkv = torch.view((self).linear(x, layers[k], layers[k + 1]), [b, t, 3, heads, h // heads])
      qkv = torch.permute(qkv, [2, 0, 3, 1, 4])
      a = torch.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], mask)
      a = torch.reshape(torch.transpose(a, 1, 2), [b * t, h])
      x = x + (self).linear(a, layers[k + 2], layers[k + 3])
      x = torch.layer_norm(x, [h], layers[k + 4], layers[k + 5], epsilon)
      f = (self).activate((self).linear(x, layers[k + 6], layers[k + 7]), activation)
      x = x + (self).linear(f, layers[k + 8], layers[k + 9])
      x = torch.layer_norm(x, [h], layers[k + 10], layers[k + 11], epsilon)
    return torch.view(x, [b, t, h])

  # The masked-LM head's transform of rows [N, H]: dense, activation, layer norm.
  # transform: packed dense [H, H], its bias, norm weight and bias.
  def transform(self: __torch__.Kernels, rows: Tensor, transform: List[Tensor], epsilon: float,
      activation: str) -> Tensor:
    y = (self).activate((self).linear(rows, transform[0], transform[1]), activation)
    return torch.layer_norm(y, [torch.size(rows, 1)], transform[2], transform[3], epsilon)

  # Non-zeros of dense weights [B, V]: how many in each row [B], their terms and their weights, row by row.
  # NaN is not zero: it goes out, and is refused there.
  def sparse(self: __torch__.Kernels, dense: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    at = torch.nonzero(dense)
    ids = torch.to(torch.select(at, 1, 1), 3)
    weights = torch.masked_select(dense, torch.ne(dense, 0))
    counts = torch.to(torch.count_nonzero(dense, [1]), 3)
    return (counts, ids, weights)

  # The largest product of any of the rows [N, H] of states with each term, text by text: [B, V].
  def maxima(self: __torch__.Kernels, states: Tensor, texts: int, tiles: List[Tensor]) -> Tensor:
    maxima = annotate(List[Tensor], [])
    rows = torch.size(states, 0) // texts
    for i in range(torch.len(tiles)):
      products = (self).linear(states, tiles[i], None)
      _0 = torch.append(maxima, torch.amax(torch.view(products, [texts, rows, -1]), [1]))
    return torch.cat(maxima, 1)

  # Max-pooled sparse vectors, [B, V] and never [B, T, V]: as bias is the same at all positions, and affine, ReLU and
  # log1p keep order, the largest raw logit is found first, tile by tile of the vocabulary.
  #
  # hidden [B, T, H]; rows [N] int32: which row of hidden each cell reads, see PaddedBatch.countingRows.
  # tiles: packed slices of the projection; bias [V].
  def mlm_max(self: __torch__.Kernels, hidden: Tensor, rows: Tensor, transform: List[Tensor], epsilon: float,
      activation: str, tiles: List[Tensor], bias: Tensor, scale: float, shift: float,
      logarithms: int) -> Tuple[Tensor, Tensor, Tensor]:
    b = torch.size(hidden, 0)
    t = torch.size(hidden, 1)
    x = torch.index_select(torch.view(hidden, [b * t, torch.size(hidden, 2)]), 0, rows)
    x = (self).transform(x, transform, epsilon, activation)
    y = torch.relu(((self).maxima(x, b, tiles) + bias) * scale + shift)
    for i in range(logarithms):
      y = torch.log1p(y)
    return (self).sparse(y)

  # A projection [V, H] as 8-bit integers, one scale a term, with what the rounding loses:
  # quantised [V, H] int8, scale [V], norm of the error of each row [V], norm of each quantised row [V].
  def quantise(self: __torch__.Kernels, weight: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    scale = torch.clamp(torch.amax(torch.abs(weight), [1], True) / 127., 1.0e-30)
    quantised = torch.round(weight / scale)
    rounded = quantised * scale
    error = torch.norm(weight - rounded, 2, [1])
    return (torch.to(quantised, 1), torch.squeeze(scale, 1), error, torch.norm(rounded, 2, [1]))

  # maxima() of quantised states [N, H] int8.
  # Integers up to 127 * 127 * H add up without rounding, and fp32 holds them exactly up to H = 1040.
  def integer_maxima(self: __torch__.Kernels, states: Tensor, texts: int, tiles: List[Tensor]) -> Tensor:
    maxima = annotate(List[Tensor], [])
    rows = torch.size(states, 0) // texts
    for i in range(torch.len(tiles)):
      products = torch._int_mm(states, torch.t(tiles[i]))
      _0 = torch.append(maxima, torch.amax(torch.view(products, [texts, rows, -1]), [1]))
    return torch.to(torch.cat(maxima, 1), 6)

  # What mlm_max computes, but most terms are ruled out before they cost an fp32 product. With x = s q + d (8-bit q, scale
  # s of the text, remainder d) and e = r p + f likewise for a term's weights,
  #   x.e = s r q.p + x.f + d.(r p)  <=  s r q.p + |x| |f| + |d| |r p|      (Cauchy-Schwarz)
  # so a term whose bound does not pass zero at any position has weight 0 for certain, and only the others, a few hundred
  # of 30,522, are computed. A text that keeps more than `limit` terms is computed in full, and counted in the last
  # result.
  #
  # tiles8, scales, errors, norms: from quantise(); projection [V, H] fp32; tiles: as in mlm_max.
  def mlm_screened(self: __torch__.Kernels, hidden: Tensor, rows: Tensor, transform: List[Tensor], epsilon: float,
      activation: str, tiles: List[Tensor], bias: Tensor, scale: float, shift: float, logarithms: int,
      tiles8: List[Tensor], screen: List[Tensor], projection: Tensor,
      limit: int) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    b = torch.size(hidden, 0)
    t = torch.size(hidden, 1)
    h = torch.size(hidden, 2)
    x = torch.index_select(torch.view(hidden, [b * t, h]), 0, rows)
    x = torch.view((self).transform(x, transform, epsilon, activation), [b, t, h])
    s = torch.clamp(torch.amax(torch.abs(x), [1, 2], True) / 127., 1.0e-30)
    q = torch.round(x / s)
    length = torch.amax(torch.norm(x, 2, [2]), [1], True)
    lost = torch.amax(torch.norm(x - q * s, 2, [2]), [1], True)
    products = (self).integer_maxima(torch.view(torch.to(q, 1), [b * t, h]), b, tiles8)
    bound = products * torch.squeeze(s, 2) * screen[0] + length * screen[1] + lost * screen[2] + bias
    # Rounding of the sums above and of an fp32 product itself: some 1e-7 a step, H steps; 1e-5 of the norms is ample.
    bound = bound + 1.0e-5 * (length * (screen[1] + screen[2]) + torch.abs(bias)) + 1.0e-6
    # Written so that NaN survives, and is refused where the weights come out.
    alive = torch.logical_not(torch.le(bound * scale + shift, 0))
    counts = annotate(List[Tensor], [])
    ids = annotate(List[Tensor], [])
    weights = annotate(List[Tensor], [])
    full = 0
    for i in range(b):
      terms = torch.squeeze(torch.nonzero(alive[i]), 1)
      if torch.size(terms, 0) > limit:
        full = full + 1
        y = torch.index_select((self).maxima(x[i], 1, tiles)[0], 0, terms)
      elif torch.size(terms, 0) > 0:
        y = torch.amax(torch.linear(x[i], torch.index_select(projection, 0, terms)), [0])
      else:
        y = torch.index_select(bias, 0, terms)
      y = torch.relu((y + torch.index_select(bias, 0, terms)) * scale + shift)
      for j in range(logarithms):
        y = torch.log1p(y)
      kept = torch.squeeze(torch.nonzero(y), 1)
      _0 = torch.append(ids, torch.to(torch.index_select(terms, 0, kept), 3))
      _1 = torch.append(weights, torch.index_select(y, 0, kept))
      _2 = torch.append(counts, torch.count_nonzero(y))
    return (torch.to(torch.stack(counts), 3), torch.cat(ids, 0), torch.cat(weights, 0), torch.full([1], full, dtype=3))

  # Sum-pooled sparse vectors: every position is activated before it is added, so this goes tile by tile in full.
  #
  # counts [B, T]: 1 where a position counts, else 0. biases: slices of the bias, tile by tile.
  def mlm_sum(self: __torch__.Kernels, hidden: Tensor, counts: Tensor, transform: List[Tensor], epsilon: float,
      activation: str, tiles: List[Tensor], biases: List[Tensor], scale: float, shift: float,
      logarithms: int) -> Tuple[Tensor, Tensor, Tensor]:
    b = torch.size(hidden, 0)
    t = torch.size(hidden, 1)
    x = torch.view(hidden, [b * t, torch.size(hidden, 2)])
    x = (self).transform(x, transform, epsilon, activation)
    counted = torch.unsqueeze(counts, 2)
    sums = annotate(List[Tensor], [])
    for i in range(torch.len(tiles)):
      y = torch.relu((self).linear(x, tiles[i], biases[i]) * scale + shift)
      for j in range(logarithms):
        y = torch.log1p(y)
      _0 = torch.append(sums, torch.sum(torch.view(y, [b, t, -1]) * counted, [1]))
    return (self).sparse(torch.cat(sums, 1))
