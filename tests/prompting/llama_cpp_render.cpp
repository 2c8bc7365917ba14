// Renders chat templates by llama.cpp's own code, for test_chat_against_llama_cpp.py.
// Arguments: BOS, EOS, template files. Standard input: one conversation a line, `role=hex,role=hex`.
// Output, tab-separated: template, conversation, thinking (0 or 1), OK or ERR, the prompt or the error in hex.
#include "chat.h"
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
static std::string hex(const std::string & s) { std::string o; char b[3]; for (unsigned char c : s) { snprintf(b, 3, "%02x", c); o += b; } return o; }
int main(int argc, char ** argv) {
    std::string line; std::vector<std::vector<common_chat_msg>> convs;
    while (std::getline(std::cin, line)) {
        std::vector<common_chat_msg> msgs; std::stringstream ss(line); std::string part;
        while (std::getline(ss, part, ',')) {
            auto eq = part.find('='); common_chat_msg m; m.role = part.substr(0, eq); std::string h = part.substr(eq + 1);
            for (size_t i = 0; i + 1 < h.size(); i += 2) m.content += (char) std::stoi(h.substr(i, 2), nullptr, 16);
            msgs.push_back(m);
        }
        convs.push_back(msgs);
    }
    for (int a = 3; a < argc; a++) {
        std::ifstream f(argv[a]); std::stringstream src; src << f.rdbuf();
        common_chat_templates_ptr t;
        try { t = common_chat_templates_init(nullptr, src.str(), argv[1], argv[2]); }
        catch (const std::exception & e) { printf("%s\t-\t-\tINIT\t%s\n", argv[a], hex(e.what()).c_str()); continue; }
        for (size_t c = 0; c < convs.size(); c++) for (int think = 0; think < 2; think++) {
            common_chat_templates_inputs in; in.messages = convs[c]; in.enable_thinking = think; in.use_jinja = true; in.add_generation_prompt = true;
            try { auto p = common_chat_templates_apply(t.get(), in); printf("%s\t%zu\t%d\tOK\t%s\n", argv[a], c, think, hex(p.prompt).c_str()); }
            catch (const std::exception & e) { printf("%s\t%zu\t%d\tERR\t%s\n", argv[a], c, think, hex(e.what()).c_str()); }
            fflush(stdout);
        }
    }
}
