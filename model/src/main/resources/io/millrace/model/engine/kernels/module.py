# The kernel library: stateless functions in TorchScript's serialised form, which Java zips into an archive at start-up
# (see KernelArchive). Weights are arguments, so nothing here belongs to a model.
#
# Legend: B texts, T tokens (padded), H hidden width, A attention heads, V vocabulary, N = B * T rows.
# "Packed" weights come from pack() and are opaque to all but ops.mkldnn.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
