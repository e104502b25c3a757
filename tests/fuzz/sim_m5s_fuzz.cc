// SPDX-License-Identifier: Apache-2.0
// Any body of any request of the double's interfaces, a tester's included, is answered with a
// status, and what was taken can be passed on; any octets end a connection or are HTTP/2.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/result.h"
#include "tests/sim/m5s/api.h"
#include "tests/sim/m5s/http2.h"
#include "tests/sim/m5s/send.h"

namespace {

using namespace msggw::m5s;

struct Target {
  const char* method;
  const char* path;
};
constexpr Target kTargets[] = {{"POST", "/msgs-msgdelivery/v1/deliver-ue-message"},
                               {"POST", "/msgs-msgdelivery/v1/deliver-as-message"},
                               {"POST", "/msgs-msgdelivery/v1/deliver-report"},
                               {"PUT", "/msgs-ueregistration/v1/registrations/d"},
                               {"POST", "/msgs-ueregistration/v1/registrations/bulk"},
                               {"POST", "/msgs-asregistration/v1/registrations"}};

Options options() {
  Options out;
  out.relay.open = true;
  out.relay.segment_octets = 7;
  out.seed = 1;
  return out;
}

void ask(World& world, const Target& target, std::string_view body) {
  Api api(world);
  Request request;
  request.method = target.method;
  request.target = target.path;
  request.fields.emplace_back("content-type", "application/json");
  request.body = body;
  const Response response = api.carry_out(api.read(request));
  msggw::base::ensure(response.status >= 200 && response.status < 600, "an answer has a status");
  for (const auto& outgoing : world.relay.take(world.now())) {
    msggw::base::ensure(!outgoing.body.empty(), "what is passed on is something");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  World world(options());
  for (const Target& target : kTargets) ask(world, target, octets);
  boost::json::object body;
  if (!read_object(octets, body)) {
    Message message;
    Fault fault;
    if (!read_send(body, world, message)) world.relay.accept(message, world.now());
    std::string name;
    if (!read_fault(body, 1, fault)) {
      const auto problem = world.faults.add(std::move(fault), name);
      msggw::base::ensure(!problem, "a fault that was read is taken");
    }
  }
  Http2 server(Http2::Side::server);
  server.receive(octets);
  server.take_heard();
  server.take_output();
  return 0;
}
