# Works DEPTH frames deep until it is killed: what a sample of a deep stack costs.
#   ruby deep.rb DEPTH
def work
  i = 0
  loop { i += 1; i.to_s }
end

def descend(depth, &block)
  depth.zero? ? block.call : descend(depth - 1, &block)
end
descend(Integer(ARGV[0]) - 5) { work }
