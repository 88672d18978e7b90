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
  # tiles8, scales, errors, norms: from quantise(); projection [V, H]; tiles: its slices, as in mlm_max.
  def mlm_screened(self: __torch__.Kernels, hidden: Tensor, rows: Tensor, texts: int,
      transform: List[Tensor], epsilon: float, activation: str, tiles: List[Tensor], bias: Tensor, scale: float, shift: float, logarithms: int,
      tiles8: List[Tensor], screen: List[Tensor], projection: Tensor,
      limit: int) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    b = texts
    t = torch.size(rows, 0) // texts
    h = torch.size(hidden, 1)
    x = (self).transform(hidden, transform, epsilon, activation)
    x = torch.view(torch.index_select(x, 0, rows), [b, t, h])
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
        y = torch.amax(torch.linear(x[i], torch.to(torch.index_select(projection, 0, terms), 6)), [0])
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
