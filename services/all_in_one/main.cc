// shoujied; and, built with the name of a service, the program of that service alone.
#include "services/all_in_one/server.h"

#ifndef SHOUJIE_SERVICE
#define SHOUJIE_SERVICE ""
#endif

int main(int argc, char** argv) { return shoujie::RunServer(argc, argv, SHOUJIE_SERVICE); }
