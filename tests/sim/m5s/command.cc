// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <utility>

#include "tests/sim/m5s/control.h"
#include "tests/sim/m5s/listener.h"
#include "tests/sim/smsc/options.h"

namespace msggw::m5s {

namespace {

using boost::asio::ip::tcp;

void declare_span(CLI::App& app, const char* flag, Span& into, const char* help) {
  const auto set = [&into, flag](const std::string& text) {
    const auto span = smsc::parse_span(text);
    if (!span) throw CLI::ValidationError(flag, "a time like 500ms, 2s, 5m, 1h");
    into = *span;
  };
  app.add_option_function<std::string>(flag, set, help)
      ->type_name("TIME=" + smsc::print_span(into));
}

void declare_listeners(CLI::App& app, Command& command) {
  app.add_option("--address", command.address, "where to listen, both for peers and the tester")
      ->type_name("ADDRESS")
      ->capture_default_str();
  app.add_option("--port", command.port,
                 "gateways and Application Servers, HTTP/1.1 and HTTP/2; 0 takes a free one")
      ->type_name("PORT")
      ->capture_default_str();
  app.add_option("--control-port", command.control_port, "the tester; 0 takes a free one")
      ->type_name("PORT")
      ->capture_default_str();
}

void declare_behaviour(CLI::App& app, Command& command) {
  Options& options = command.options;
  app.add_option("--as", options.own_server, "Service ID of the own Application Server")
      ->type_name("SERVICE_ID")
      ->capture_default_str();
  app.add_option("--group", command.groups, "a group and who is in it; may be repeated")
      ->type_name("ID=MEMBER,MEMBER")
      ->allow_extra_args(false);
  app.add_flag("--open", options.relay.open, "who sends need not be registered");
  app.add_option("--segment", options.relay.segment_octets,
                 "put segments together, and cut again at so many octets of payload; 0: pass on")
      ->check(CLI::Range(0, 1'048'576))
      ->type_name("N")
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--http",
         [&options](const std::string& version) { options.version = version == "2" ? 20 : 11; },
         "the version of HTTP by which gateways are asked, without TLS")
      ->check(CLI::IsMember({"2", "1.1"}))
      ->type_name("2|1.1=2");
  declare_span(app, "--retry", options.relay.retry,
               "after no answer, 429 and 5xx a request is made again after this, or Retry-After");
  declare_span(app, "--answer-within", options.answer_within, "how long an answer may take");
  declare_span(app, "--store-for", options.relay.store_for,
               "how long messages are stored that do not say it");
  declare_span(app, "--hold-for", options.relay.hold_for,
               "how long messages are tried that must not be stored");
  app.add_option("--journal", options.journal_file, "each exchange goes to it as a JSON line too")
      ->type_name("FILE");
  app.add_option("--journal-most", options.journal_most, "exchanges that the journal keeps")
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--fault", command.faults, "a fault from the start on, as POST /m5s/v1/faults")
      ->type_name("JSON")
      ->allow_extra_args(false);
  app.add_option("--seed", options.seed, "of all that is random; 0: another one each time")
      ->type_name("N")
      ->capture_default_str();
}

void declare_talk(CLI::App& app, Command& command) {
  app.add_option("--control", command.control, "the tester's interface of the double")
      ->type_name("[http://]HOST:PORT")
      ->capture_default_str();
  app.add_option("--wait", command.wait, "how long to wait for what is asked for")
      ->check(CLI::Range(0, 300))
      ->type_name("SECONDS")
      ->capture_default_str();
}

void declare_send(CLI::App& parent, Command& command) {
  CLI::App& app = *parent.add_subcommand(
      "send", "sends a message to a device, prints what became of it and the report");
  declare_talk(app, command);
  app.add_option("--to", command.to, "the recipient")->required()->type_name("SERVICE_ID");
  app.add_flag("--group", command.to_group, "the recipient is a group");
  app.add_option("text", command.text, "the content")->required()->type_name("TEXT");
  app.add_option("--from", command.from, "a registered Application Server, not the own one")
      ->type_name("SERVICE_ID");
  app.add_option("--app", command.app, "appId")->type_name("ID");
  app.add_flag("--report", command.report, "ask for a delivery status report, and wait for it");
  app.add_flag("--base64", command.base64, "the payload is the base64 of TEXT");
  app.footer(
      "Exit codes: 0 delivered, and reported as such if that was asked for; 1 not; 2 wrong usage, "
      "or no double.");
  app.callback([&command] { command.what = Command::What::send; });
}

void declare_inbox(CLI::App& parent, Command& command) {
  CLI::App& app = *parent.add_subcommand(
      "inbox", "prints the messages and reports that an Application Server has got, as JSON lines");
  declare_talk(app, command);
  app.add_option("--as", command.from, "whose; the double's own if absent")
      ->type_name("SERVICE_ID");
  app.add_option("--after", command.after, "only entries with higher numbers")
      ->type_name("N")
      ->capture_default_str();
  app.footer("Exit codes: 0 there is something; 1 nothing came; 2 wrong usage, or no double.");
  app.callback([&command] { command.what = Command::What::inbox; });
}

void add_groups(const Command& command, Registry& registry) {
  for (const std::string& text : command.groups) {
    const auto equals = text.find('=');
    std::vector<std::string> members;
    std::string_view rest = equals == text.npos ? "" : std::string_view(text).substr(equals + 1);
    while (!rest.empty()) {
      const auto member = rest.substr(0, rest.find(','));
      if (!member.empty()) members.emplace_back(member);
      rest.remove_prefix(std::min(member.size() + 1, rest.size()));
    }
    if (members.empty() || !registry.set_group(text.substr(0, equals), std::move(members))) {
      throw std::invalid_argument("--group " + text + " is not ID=MEMBER,MEMBER");
    }
  }
}

void add_faults(const Command& command, World& world) {
  for (const std::string& text : command.faults) {
    boost::json::object body;
    Fault fault;
    std::string name;
    auto problem = read_object(text, body);
    if (!problem) problem = read_fault(body, world.seed(), fault);
    if (!problem) problem = world.faults.add(std::move(fault), name);
    if (problem) throw std::invalid_argument("--fault: " + problem->detail);
  }
}

tcp::endpoint endpoint(const Command& command, std::uint16_t port) {
  auto address = base::parse_numeric(command.address);
  if (!address) throw std::invalid_argument("--address: " + address.error().detail);
  return {*address, port};
}

/// Asks `often` every 50 ms, for as long as it lives.
class Ticker {
 public:
  Ticker(boost::asio::io_context& io, std::function<void()> often)
      : timer_(io), often_(std::move(often)) {
    tick();
  }

 private:
  void tick() {
    timer_.expires_after(std::chrono::milliseconds(50));
    timer_.async_wait([this](const boost::system::error_code& stop) {
      if (stop) return;
      often_();
      tick();
    });
  }

  boost::asio::steady_timer timer_;
  std::function<void()> often_;
};

Exit serve(const Command& command) {
  World world(command.options);
  add_groups(command, world.registry);
  add_faults(command, world);
  boost::asio::io_context io(1);
  Front front(io, world);
  Listener listener(io, endpoint(command, command.port), [&](Request request, Reply reply) {
    front.handle(std::move(request), std::move(reply));
  });
  front.on_restart([&](Span down) { listener.restart(down); });
  Control control(world, front);
  smsc::HttpServer http(
      io, endpoint(command, command.control_port), "--control-port",
      [&](const smsc::HttpRequest& request, const smsc::HttpServer::Reply& reply) {
        control.handle(request, reply);
      });
  const Ticker ticker(io, [&] { control.check_waiters(); });
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { io.stop(); });
  listener.start();
  http.start();
  const auto host = base::Host(*base::parse_numeric(command.address));
  std::printf("http://%s  gateways and Application Servers\nhttp://%s/m5s/v1  tester\nready\n",
              base::to_string(base::Address{host, listener.port()}).c_str(),
              base::to_string(base::Address{host, http.port()}).c_str());
  std::fflush(stdout);
  io.run();
  return Exit::ok;
}

}  // namespace

CLI::App* declare(CLI::App& parent, Command& command) {
  CLI::App& app = *parent.add_subcommand(
      "m5s",
      "a MSGin5G Server double: TS 29.538 for gateways and Application Servers, HTTP for the "
      "tester, faults on request");
  app.require_subcommand(0, 1);
  declare_listeners(app, command);
  declare_behaviour(app, command);
  declare_send(app, command);
  declare_inbox(app, command);
  declare_load(app, command);
  app.footer(
      "Examples: msggw-sim m5s --port 7580 --control-port 7581 --journal m5s.jsonl\n"
      "          msggw-sim m5s send --to n3g-1@msgin5g.example --report READ\n"
      "          msggw-sim m5s inbox --wait 60");
  return &app;
}

Exit run(const Command& command) {
  switch (command.what) {
    case Command::What::serve: return serve(command);
    case Command::What::send: return send(command);
    case Command::What::inbox: return show_inbox(command);
    case Command::What::load: return load(command);
  }
  return Exit::not_usable;
}

}  // namespace msggw::m5s
