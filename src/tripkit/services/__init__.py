"""Every rule and permission of the product: plain values in, records out."""
