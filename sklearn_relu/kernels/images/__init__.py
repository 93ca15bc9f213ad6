"""Images, channels last: their convolution and its gradients, and loops over them."""
