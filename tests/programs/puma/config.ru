# GET /heavy computes for about three times as long as GET /light; GET /crash ends the worker that serves it.
class Shop
  def call(env)
    case env["PATH_INFO"]
    when "/heavy" then heavy
    when "/light" then light
    when "/crash" then Process.kill(:KILL, Process.pid)
    end
    [200, { "Content-Type" => "text/plain" }, ["#{Process.pid}\n"]]
  end

  def heavy = 6000.times { |i| i.to_s.hash }
  def light = 2000.times { |i| i.to_s.hash }
end

run Shop.new
